"""What `enable` and `disable` do in a bench that is armed, or is to be: with all or some of it."""

from __future__ import annotations

from typing import Any, NamedTuple

import click

from frappe_bridge.armed import routing
from frappe_bridge.commands.move import carry
from frappe_bridge.move.moving import refuse_two_servers
from frappe_bridge.routes import EVERY, Routes, Rule
from frappe_celery.commands.bench import switch_off
from frappe_celery.commands.options import known_queue, known_site
from frappe_celery.commands.process_managers import manager_of
from frappe_celery.config import settings
from frappe_celery.watch.words import some_of


class Piece(NamedTuple):
    """What of an armed bench a command is about; without any of these all of it."""

    queue: str | None
    site: str | None
    schedule: bool

    @property
    def has_jobs(self) -> bool:
        return bool(self.queue or self.site) or not self.schedule

    @property
    def has_schedule(self) -> bool:
        """Whether it is about the schedule."""
        return self.schedule or not (self.queue or self.site)

    @property
    def of_what(self) -> str:
        """` of queue short of site a.test`, behind `jobs` in a sentence; '' for all."""
        named = (("queue", self.queue), ("site", self.site))
        return "".join(f" of {what} {name}" for what, name in named if name)


ARMED = (
    "Armed: jobs go where they went. Restart every process of the bench; then switch over with"
    " frappe-celery enable, by --queue, --site, --schedule, or all that is left"
)
ARMED_ON_CELERY = (
    "Armed: jobs go to Celery as before, and can go to RQ. Start RQ's workers and bench schedule"
    " beside Celery's (docs/migration.md, From settled back) and restart what began before; then"
    " switch back with frappe-celery disable"
)
NO_SCHEDULER = {
    True: "no beat leads: start it in your process manager, or by hand: frappe-celery beat",
    False: "no scheduler of Frappe's runs on this machine: start bench schedule (one on another"
    " machine is not seen from here)",
}


def enable(armed: bool, settle: bool, trusted: bool, **what: Any) -> None:
    """Arm the bench, or have a piece of it go to Celery."""
    config, piece = settings.current(), _piece(settle, armed, **what)
    if armed:
        refuse_two_servers(config)
        was_settled = config.frappe_celery_enabled and not config.is_armed
        routing.arm()
        click.echo(ARMED_ON_CELERY if was_settled else ARMED)
        return
    all_moved = _go(piece, to_celery=True, trusted=trusted)
    if settle and all_moved:
        routing.forget_routes()
        click.echo(
            "Settled: RQ's processes are needed no more. Write the process files anew:"
            f" frappe-celery setup {manager_of(settings.current()).kind} --yes"
        )
    elif settle:
        click.echo("Not settled: what waits in RQ has to be run or moved first.", err=True)
    _end(all_moved, _nobody_does(piece, to_celery=True))


def disable(settle: bool, **what: Any) -> None:
    """Have a piece of the bench go to RQ."""
    piece = _piece(settle, **what)
    all_moved = _go(piece, to_celery=False)
    wrong = [*_nobody_does(piece, to_celery=False), *_older_processes()]
    if settle:
        switch_off()
    _end(all_moved, wrong)


def _piece(*alone: bool, queue: str | None, site: str | None, schedule: bool) -> Piece:
    piece = Piece(known_queue(queue), known_site(site), schedule)
    if sum((any(piece), *alone)) > 1:
        raise click.UsageError("--armed and --settle are about all of the bench, each alone")
    if any(piece) and not settings.current().is_armed:
        raise click.ClickException(
            "this bench is not armed, so that only all of it can be switched: run frappe-celery"
            " enable --armed and restart its processes first"
        )
    return piece


def _go(piece: Piece, *, to_celery: bool, trusted: bool = False) -> bool:
    """Change the routes of an armed bench, and move what waits; False: some jobs stay."""
    refuse_two_servers(settings.current())
    if to_celery and (older := _older_processes()):
        raise click.ClickException("\n".join(older))

    def following(old: Routes) -> Routes:
        new = old
        if piece.has_jobs:
            new = new.with_rule(Rule(piece.queue or EVERY, piece.site or EVERY, to_celery))
        if piece.has_schedule:
            new = new.with_schedule(to_celery)
        still = [
            "the default, for sites that no rule names" if site == EVERY else f"jobs of site {site}"
            for site in (EVERY, *settings.current().sites())
            if not new.lead_all(settings.current().queues, [site], True)
        ]
        if new.beat_acts and still:
            first = "enable (which takes the schedule too)" if to_celery else "disable --schedule"
            raise click.ClickException(
                f"first frappe-celery {first}: what beat enqueues runs in Celery, so that it has"
                f" the schedule only while every queue and site goes there; not so:"
                f" {some_of(still)}"
            )
        return new

    routing.change_routes(following)
    if piece.has_schedule:
        click.echo(f"{'Beat' if to_celery else 'The scheduler of Frappe'} has the schedule now.")
    if not piece.has_jobs:
        return True
    click.echo(f"Jobs{piece.of_what} go to {'Celery' if to_celery else 'RQ'} now.")
    report = carry(to_celery, piece.queue, piece.site, trusted)
    return all(stayed.failed for stayed in report.stayed)


def _older_processes() -> list[str]:
    """What refuses the way over; the way back is open, since most of them are on RQ anyhow."""
    from frappe_bridge.armed import older_processes

    what = "these processes began before the bench was armed, and go by no routes: restart them"
    older = [f"  {process}" for process in older_processes.without_the_seam()]
    return [what, *older] if older else []


def _nobody_does(piece: Piece, *, to_celery: bool) -> list[str]:
    """What has gone to a system of which no process takes it on."""
    from frappe_bridge.armed import processes

    start = "frappe-celery worker" if to_celery else "bench worker"
    queues = ([piece.queue] if piece.queue else settings.current().queues) if piece.has_jobs else []
    missing = [
        f"{words}: start one in your process manager, or by hand: {start} --queue {queue}"
        for queue, words in processes.unserved(queues, by_celery=to_celery).items()
    ]
    if piece.has_schedule and not processes.a_scheduler_runs(celerys=to_celery):
        missing.append(NO_SCHEDULER[to_celery])
    return missing


def _end(all_moved: bool, wrong: list[str]) -> None:
    if wrong:
        raise click.ClickException("\n  ".join(["this is done, but", *wrong]))
    if not all_moved:
        raise click.exceptions.Exit(1)
