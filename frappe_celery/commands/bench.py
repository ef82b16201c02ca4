"""`frappe-celery enable` and `disable`, and what bench shows: `bench celery-worker` and so on."""

from __future__ import annotations

from typing import Any

import click

from frappe_celery.commands.doctor import doctor
from frappe_celery.commands.worker import beat, worker
from frappe_celery.errors import FrappeCeleryError


class BenchCommand(click.Command):
    """Shows our errors without a traceback under bench's own group too."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run it; what is wrong is said in a sentence."""
        try:
            return super().invoke(ctx)
        except FrappeCeleryError as exc:
            raise click.ClickException(f"{type(exc).__name__}: {exc}") from exc


@click.command()
def enable() -> None:
    """Switch this bench over from RQ to Celery.

    From then on `frappe-celery worker` runs what Frappe and its apps enqueue, and `frappe-celery
    beat` takes the place of `bench schedule`. It writes two files into the bench's Python
    environment and a key into sites/common_site_config.json, or changes nothing and says why.
    `disable` takes it back.
    """
    from frappe_celery.config import settings
    from frappe_celery.hosts.bench import switch

    switch.enable()
    from frappe_celery.hosts.bench import leftovers

    click.echo(
        "On: Frappe's jobs go to Celery in every process that starts from now on. Restart the"
        " bench's processes, with `frappe-celery beat` in place of `bench schedule`; `bench worker`"
        " starts a Celery worker."
    )
    click.echo("\n".join(leftovers.in_rq(settings.current())))


@click.command()
def disable() -> None:
    """Switch this bench back to RQ.

    Processes that start from then on are stock Frappe. Jobs that wait for Celery's workers stay
    there, and it is said how many.
    """
    from frappe_celery.config import settings
    from frappe_celery.hosts.bench import switch

    switch.disable()
    from frappe_celery.hosts.bench import leftovers

    click.echo(
        "Off: stock Frappe and RQ in every process that starts from now on. Restart the bench's"
        " processes, with `bench schedule` in place of `frappe-celery beat`."
    )
    click.echo("\n".join(leftovers.in_celery(settings.current())))


commands = [
    BenchCommand(
        f"celery-{command.name}",
        params=command.params,
        callback=command.callback,
        help=command.help,
    )
    for command in (enable, disable, worker, beat, doctor)
]
"""What Frappe's bench_helper adds to bench's commands."""
