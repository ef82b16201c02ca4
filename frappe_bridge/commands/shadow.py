"""`frappe-celery switch shadow`: what beat would do, beside what Frappe's scheduler does."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta, timezone
from functools import partial

import click
from rich.table import Table

from frappe_bridge.shadow import Result, Shadow
from frappe_celery.commands.options import AS_JSON, known_sites
from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus, hosts
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.watch.tables import console

LOOK_SECONDS = 2.0
_now = partial(datetime.now, timezone.utc)


@click.command()
@click.option(
    "--minutes",
    type=click.FloatRange(min=0),
    default=30,
    show_default=True,
    help="How long to look.",
)
@click.option("--site", help="Only this site's schedule. Default: every site's.")
@click.option(
    "--late",
    type=click.IntRange(min=1),
    default=300,
    show_default=True,
    help="Seconds that Frappe's scheduler and a worker may take to start what is due.",
)
@AS_JSON
def shadow(minutes: float, site: str | None, late: int, as_json: bool) -> None:
    """Compare beat with Frappe's scheduler.

    While that acts: nothing is changed. Due times on which both act agree; each other one is listed
    with its reason. Ends with 1 when one has none.

    \b
    Examples:
      frappe-celery switch shadow
      frappe-celery switch shadow --minutes 60 --json
    """
    sites = known_sites(site)
    _refuse_where_beat_acts()
    from frappe_celery.hosts.bench import schedule

    asked = (_is_running, schedule.why_off, timedelta(seconds=late))
    seen = Shadow(hosts.current(), settings.current(), sites, *asked)
    until = time.monotonic() + minutes * 60
    try:
        _look(seen)
        while time.monotonic() <= until:
            time.sleep(LOOK_SECONDS)
            _look(seen)
    except KeyboardInterrupt:
        click.echo("Ended early.", err=True)
    result = seen.result(_now())
    if as_json:
        differences = [{**d.__dict__, "at": d.at.isoformat()} for d in result.differences]
        latest = round(result.latest.total_seconds(), 1)
        found = {"agreeing": result.agreeing, "latest_seconds": latest, "off": seen.off}
        said = {**found, "unread": seen.unread, "differences": differences}
        click.echo(json.dumps(said, indent=1))
    else:
        _show(seen, result)
    if any(not difference.why for difference in result.differences):
        raise click.exceptions.Exit(1)


def _look(seen: Shadow) -> None:
    before = seen.unread
    seen.look(_now)
    for site in seen.unread.keys() - before.keys():
        click.echo(
            f"Site {site} cannot be read: {seen.unread[site]}. It is asked again every two seconds",
            err=True,
        )
    for site in before.keys() - seen.unread.keys():
        click.echo(f"Site {site} can be read again", err=True)


def _is_running(row: ScheduleRow) -> bool:
    """Whether a run of a row runs now, in whichever system."""
    from frappe.utils import background_jobs  # which is what brings the seam in

    job = background_jobs.get_job(hosts.current().scheduled_run(row)[0])
    return job is not None and job.get_status() == JobStatus.STARTED


def _refuse_where_beat_acts() -> None:
    from frappe_bridge.armed import routing

    if not hosts.is_bench():
        raise click.ClickException("this is no bench: there is no other scheduler to compare with")
    if routing.of_bench().beat_acts:
        raise click.ClickException(
            "beat acts here, not Frappe's scheduler: what it does is shown by frappe-celery"
            " schedule --past 20"
        )


def _show(seen: Shadow, result: Result) -> None:
    output = console()
    for site, off in seen.off.items():
        output.print(f"Nothing of site {site} is scheduled: {off}")
    output.print(
        f"{result.agreeing} due times on which both act; Frappe took up to"
        f" {result.latest.total_seconds():.0f} s to start one."
    )
    table = Table("site", "method", "at", "who acts", "why")
    for found in result.differences:
        why = found.why or "[red]not explained[/red]"
        table.add_row(found.site, found.method, f"{found.at:%Y-%m-%d %H:%M:%S}", found.what, why)
    if result.differences:
        output.print(table)
