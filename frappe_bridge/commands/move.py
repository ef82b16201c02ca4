"""`frappe-celery switch move`: carry what waits and what has failed from RQ to Celery, or back."""

from __future__ import annotations

from collections import Counter

import click

from frappe_bridge.armed import routing
from frappe_bridge.move.moving import Mover, Report
from frappe_celery.commands.options import known_queue, known_site, trusting_pickles
from frappe_celery.config import settings
from frappe_celery.hosts.bench.rq_names import rq_name
from frappe_celery.jobs import get_store
from frappe_celery.watch.doctor.report import counted
from frappe_celery.watch.words import some_of


@click.command()
@click.option(
    "--to",
    "system",
    type=click.Choice(["celery", "rq"]),
    default="celery",
    show_default=True,
    help="Where they go.",
)
@click.option("--site", help="Only this site's. Default: every site's.")
@click.option("--queue", "-q", help="Only this queue. Default: all of the bench.")
@trusting_pickles
def move(system: str, site: str | None, queue: str | None, trusted: bool) -> None:
    """Move what waits and what has failed from RQ to Celery, or back.

    Each job is in one of the two at any moment, and keeps its id, place, time, arguments, callbacks
    and limits; workers of both may run meanwhile. What the other side cannot carry stays and is
    named, and the command ends with 1. It can be called again at any time.

    What lies in RQ nobody signed: what is moved from there is trusted from then on, as it was by
    RQ's workers. Functions of other packages than the bench's apps, and objects, need a yes.

    \b
    Examples:
      frappe-celery switch move
      frappe-celery switch move --queue long --to rq
    """
    site, queue = known_site(site), known_queue(queue)
    to_celery = system == "celery"
    sites = [site] if site else settings.current().sites()
    queues = [queue] if queue else settings.current().queues
    if not routing.of_bench().lead_all(queues, sites, to_celery):
        on, off = ("on", "enable") if to_celery else ("off", "disable")
        raise click.ClickException(
            f"these jobs go to the other system still: switch {on} first, frappe-celery {off}"
            " (of an armed bench with the same --queue and --site)"
        )
    if carry(to_celery, queue, site, trusted).stayed:
        raise click.exceptions.Exit(1)


def carry(
    to_celery: bool, queue: str | None = None, site: str | None = None, trusted: bool = False
) -> Report:
    """Move these jobs there and say what became of them."""
    queues = [queue] if queue else list(settings.current().queues)
    mover = Mover(get_store(), rq_name, queues, site, trusted)
    left = "RQ" if to_celery else "Celery"
    report = mover.report
    try:
        (mover.to_celery if to_celery else mover.to_rq)()
    finally:
        _say(f"Moved from {left}", report.waiting, "waiting")
        _say(f"Moved from {left}", report.failed, "failed")
    for words, number in report.others.items():
        if number:
            click.echo(f"Left to {left}'s workers: {number} {words}")
    if names := report.batches:
        batches = counted(len(names), "open batch")
        click.echo(f"Left to Celery's workers: {batches}: {some_of(names)}")
    if ids := report.abandoned:
        click.echo(
            f"Left to RQ's workers: {len(ids)} that ran, and their worker is gone: {some_of(ids)}\n"
            "  a worker of RQ's lets them fail within ten minutes; where none runs any more, nobody"
            " does: enqueue again what matters"
        )
    reasons = Counter((stayed.failed, stayed.reason) for stayed in report.stayed)
    for (failed, reason), _ in reasons.most_common():
        ids = [s.job_id for s in report.stayed if (s.failed, s.reason) == (failed, reason)]
        kind = "Stays, failed," if failed else "Stays"
        click.echo(f"{kind} in {left}, since {reason}: {some_of(ids)}", err=True)
    if any(stayed.needs_a_yes for stayed in report.stayed):
        click.echo(
            "--trust-pickles reads those as RQ's workers would: whoever can write to this Redis"
            " decides what runs then",
            err=True,
        )
    return report


def _say(what: str, by_queue: Counter[str], kind: str) -> None:
    each = ", ".join(f"{queue} {number}" for queue, number in by_queue.items())
    click.echo(f"{what}: {by_queue.total()} {kind}{each and f' ({each})'}")
