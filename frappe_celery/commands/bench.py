"""`frappe-celery enable` and `disable`, and what bench shows: `bench celery-worker` and so on."""

from __future__ import annotations

from typing import Any, NamedTuple

import click

from frappe_celery.commands.doctor import doctor
from frappe_celery.commands.move import carry, trusting_pickles
from frappe_celery.commands.options import known_queue, known_site, together
from frappe_celery.commands.process_managers import Systemd, manager_of, shown
from frappe_celery.commands.worker import beat, worker
from frappe_celery.config import settings
from frappe_celery.migration.move.moving import refuse_two_servers
from frappe_celery.programs import ToldInASentence
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


_what = together(
    click.option(
        "--settle", is_flag=True, help="Of an armed bench: all of it, for good, and armed no more."
    ),
    click.option("--queue", "-q", help="Only this queue's jobs. Default: all."),
    click.option("--site", help="Only this site's jobs. Default: every site's."),
    click.option(
        "--schedule",
        is_flag=True,
        help="The schedule alone, no jobs: whether beat or Frappe's scheduler acts on it.",
    ),
)
ARMED = (
    "Armed: jobs go where they went. Restart every process of the bench; then switch over with"
    " frappe-celery enable, by --queue, --site, --schedule, or all that is left"
)
ARMED_ON_CELERY = (
    "Armed: jobs go to Celery as before, and can go to RQ. Start RQ's workers and bench schedule"
    " beside Celery's (docs/migration.md, From settled back) and restart what began before; then"
    " switch back with frappe-celery disable"
)
STARTS = {
    True: (
        "frappe-celery worker",
        "no beat leads: start it in your process manager, or by hand: frappe-celery beat",
    ),
    False: (
        "bench worker",
        "no scheduler of Frappe's runs on this machine: start bench schedule (one on another"
        " machine is not seen from here)",
    ),
}
"""What starts a worker of Celery's (True) or RQ's, and what is said where no scheduler runs."""


@click.command()
@click.option(
    "--armed",
    is_flag=True,
    help="Change nothing yet, but let queues, sites and the schedule be switched one by one.",
)
@click.option(
    "--image",
    is_flag=True,
    help="Change nothing but this environment, for a container's image; switched on once it runs.",
)
@_what
@trusting_pickles
def enable(armed: bool, image: bool, settle: bool, trusted: bool, **named: Any) -> None:
    """Switch this bench over from RQ to Celery.

    From then on `frappe-celery worker` runs what Frappe and its apps enqueue, and `frappe-celery
    beat` takes the place of `bench schedule`. It writes two files into the bench's Python
    environment and a key into sites/common_site_config.json, or changes nothing and says why.
    `disable` takes it back.

    Piece by piece, as `frappe-celery switch` does with you: `enable --armed`, restart every process
    of the bench, then `enable` with what is to go over. That holds at once in every process, and
    what waits in RQ comes along. RQ's processes run as before beside Celery's, until `enable
    --settle`.
    """
    from frappe_celery.hosts.bench import leftovers, switch
    from frappe_celery.migration.armed import routing
    from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs

    if image:
        if any((armed, settle, *named.values())):
            raise click.UsageError("--image is about this environment alone")
        switch.put_into_image()
        click.echo("The hook is here. Switch on where the image runs: frappe-celery enable")
        return
    piece = _piece(**named)
    is_armed = settings.current().is_armed
    _refuse_nonsense(is_armed, piece, settle, armed)
    if armed:
        refuse_two_servers(settings.current())
        was_settled = settings.current().frappe_celery_enabled and not is_armed
        routing.arm()
        click.echo(ARMED_ON_CELERY if was_settled else ARMED)
    elif is_armed:
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
    else:
        if not settings.current().frappe_celery_enabled and frappes_scheduler_runs():
            raise click.ClickException(
                "Frappe's scheduler runs on this machine, and would act beside beat: stop `bench"
                " schedule` (and a worker pool's) first, or switch over without a stop:"
                " frappe-celery enable --armed"
            )
        switch.enable()
        click.echo(
            "On: Frappe's jobs go to Celery in every process that starts from now on. Restart the"
            " bench's processes, with `frappe-celery beat` in place of `bench schedule`; `bench"
            " worker` starts a Celery worker."
        )
        click.echo("\n".join(leftovers.in_rq()))


@click.command()
@_what
def disable(settle: bool, **named: Any) -> None:
    """Switch this bench back to RQ.

    Processes that start from then on are stock Frappe. Jobs that wait for Celery's workers stay
    there, and it is said how many.

    In an armed bench (`enable --armed`) it holds at once in every process, what waits in Celery
    comes along, and the bench stays armed: a queue, a site or the schedule can go back alone.
    """
    from frappe_celery.hosts.bench import leftovers, switch

    piece = _piece(**named)
    is_armed = settings.current().is_armed
    _refuse_nonsense(is_armed, piece, settle)
    all_moved, wrong = True, list[str]()
    if is_armed:
        all_moved = _go(piece, to_celery=False)
        wrong = [*_nobody_does(piece, to_celery=False), *_older_processes()]
    if settle or not is_armed:
        switch.disable()
        click.echo(
            "Off: stock Frappe and RQ in every process that starts from now on. Restart the bench's"
            " processes, with `bench schedule` in place of `frappe-celery beat`."
        )
        click.echo("\n".join(leftovers.in_celery()))
        if units := Systemd(settings.current()).end_celerys:
            what = "Celery's units of systemd are not needed any more. They end their jobs:"
            click.echo(shown(what, units))
    _end(all_moved, wrong)


def _piece(queue: str | None, site: str | None, schedule: bool) -> Piece:
    return Piece(known_queue(queue), known_site(site), schedule)


def _go(piece: Piece, *, to_celery: bool, trusted: bool = False) -> bool:
    """Change the routes of an armed bench, and move what waits; False: some jobs stay."""
    from frappe_celery.jobs.routes import EVERY, Routes, Rule
    from frappe_celery.migration.armed import routing

    refuse_two_servers(settings.current())
    if to_celery and (older := _older_processes()):
        raise click.ClickException("\n".join(older))

    def following(old: Routes) -> Routes:
        new = old
        if piece.has_jobs:
            new = new.with_rule(Rule(piece.queue or EVERY, piece.site or EVERY, to_celery))
        if piece.has_schedule:
            new = new.with_schedule(to_celery)
        everywhere = [EVERY, *settings.current().sites()]
        still = [
            "the default, for sites that no rule names" if site == EVERY else f"jobs of site {site}"
            for site in everywhere
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
    from frappe_celery.migration.armed import older_processes

    what = "these processes began before the bench was armed, and go by no routes: restart them"
    older = [f"  {process}" for process in older_processes.without_the_seam()]
    return [what, *older] if older else []


def _nobody_does(piece: Piece, *, to_celery: bool) -> list[str]:
    """What has gone to a system of which no process takes it on."""
    from frappe_celery.migration.armed import processes

    start, no_scheduler = STARTS[to_celery]
    missing = []
    if piece.has_jobs:
        queues = [piece.queue] if piece.queue else settings.current().queues
        unserved = processes.unserved(queues, by_celery=to_celery)
        missing = [
            f"{words}: start one in your process manager, or by hand: {start} --queue {queue}"
            for queue, words in unserved.items()
        ]
    if piece.has_schedule and not processes.a_scheduler_runs(celerys=to_celery):
        missing.append(no_scheduler)
    return missing


def _end(all_moved: bool, wrong: list[str]) -> None:
    if wrong:
        raise click.ClickException("\n  ".join(["this is done, but", *wrong]))
    if not all_moved:
        raise click.exceptions.Exit(1)


def _refuse_nonsense(is_armed: bool, piece: Piece, settle: bool, arm: bool = False) -> None:
    in_part = any(piece)
    if (in_part and (settle or arm)) or (settle and arm):
        raise click.UsageError("--armed and --settle are about all of the bench, each alone")
    if not is_armed and in_part:
        raise click.ClickException(
            "this bench is not armed, so that only all of it can be switched: run frappe-celery"
            " enable --armed and restart its processes first"
        )


commands = [
    ToldInASentence(
        f"celery-{command.name}",
        params=command.params,
        callback=command.callback,
        help=command.help,
    )
    for command in (enable, disable, worker, beat, doctor)
]
"""What Frappe's bench_helper adds to bench's commands."""
