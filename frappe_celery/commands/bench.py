"""`frappe-celery enable` and `disable`, and what bench shows: `bench celery-worker` and so on."""

from __future__ import annotations

from typing import Any

import click

from frappe_celery.commands.doctor import doctor
from frappe_celery.commands.options import together, trusting_pickles
from frappe_celery.commands.process_managers import Systemd, shown
from frappe_celery.commands.worker import beat, worker
from frappe_celery.config import settings
from frappe_celery.jobs import bridge
from frappe_celery.programs import ToldInASentence

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
ALL = {"queue": None, "site": None, "schedule": False}
"""Of the bench: none of these options was given."""


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

    \b
    Examples:
      frappe-celery enable
      frappe-celery enable --armed
    """
    from frappe_celery.hosts.bench import leftovers, pins, switch
    from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs

    if image:
        if any((armed, settle, *named.values())):
            raise click.UsageError("--image is about this environment alone")
        switch.put_into_image()
        click.echo("The hook is here. Switch on where the image runs: frappe-celery enable")
        return
    if armed or named != ALL or settings.current().is_armed:
        bridge.part("commands.pieces:enable")(armed, settle, trusted, **named)
        return
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
    click.echo("\n".join([*pins.gave_way(), *leftovers.in_rq()]))


@click.command()
@_what
def disable(settle: bool, **named: Any) -> None:
    """Switch this bench back to RQ.

    Processes that start from then on are stock Frappe. Jobs that wait for Celery's workers stay
    there, and it is said how many.

    In an armed bench (`enable --armed`) it holds at once in every process, what waits in Celery
    comes along, and the bench stays armed: a queue, a site or the schedule can go back alone.

    \b
    Examples:
      frappe-celery disable
      frappe-celery disable --queue long
    """
    if named != ALL or settings.current().is_armed:
        bridge.part("commands.pieces:disable")(settle, **named)
    else:
        switch_off()


def switch_off() -> None:
    """Leave the bench to RQ, and say what is left in Celery."""
    from frappe_celery.hosts.bench import leftovers, switch

    switch.disable()
    click.echo(
        "Off: stock Frappe and RQ in every process that starts from now on. Restart the bench's"
        " processes, with `bench schedule` in place of `frappe-celery beat`."
    )
    click.echo("\n".join(leftovers.in_celery()))
    if units := Systemd(settings.current()).end_celerys:
        what = "Celery's units of systemd are not needed any more. They end their jobs:"
        click.echo(shown(what, units))


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
