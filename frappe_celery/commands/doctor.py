"""`frappe-celery doctor`; in a bench also `bench celery-doctor`."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import click

from frappe_celery.commands.options import AS_JSON, known_site
from frappe_celery.errors import ConfigError, FrappeCeleryError
from frappe_celery.watch.doctor.report import Report, Section


@click.command()
@click.option("--site", help="Only this site's jobs and schedule. Default: every site.")
@AS_JSON
def doctor(site: str | None, as_json: bool) -> None:
    """Say whether jobs and schedules run, and what may go wrong.

    \b
    Exit code, for monitoring:
      0  nothing is wrong
      1  warnings: somebody should look (failures, long waits, what a crash may lose)
      2  problems: jobs or schedules do not run (no worker, no scheduler, no broker)

    \b
    Examples:
      frappe-celery doctor
      frappe-celery doctor --site site1.example.com --json
    """
    report = _examine(site)
    if as_json:
        click.echo(json.dumps(report.as_json(), indent=1))
    else:
        from frappe_celery.watch.doctor import show
        from frappe_celery.watch.tables import console

        console().print(*show.report_lines(report), sep="\n", soft_wrap=True)
    raise click.exceptions.Exit(int(report.level))


def _examine(site: str | None) -> Report:
    from frappe_celery import __version__
    from frappe_celery.config import settings
    from frappe_celery.hosts.bench import fit, pins, switch
    from frappe_celery.jobs import bridge, get_store, hosts
    from frappe_celery.watch.doctor.examination import examine
    from frappe_celery.watch.doctor.installation import Installation

    try:
        with ThreadPoolExecutor(1) as beside:  # it starts a process, which imports Frappe too
            misfits = beside.submit(fit.look, switch.room()) if hosts.is_bench() else None
            about = {
                "gave_way": pins.gave_way(),
                **(_in_rq() if hosts.is_bench() and settings.current().redis_queue else {}),
                **(bridge.part("doctor:found")() if settings.current().is_armed else {}),
            }
            installed = __version__, pins.broken_pins()
            found = misfits.result() if misfits else ()
        here = Installation(*installed, found, switch.is_hooked(), **about)
        return examine(get_store(), known_site(site), here)
    except FrappeCeleryError as exc:
        section = Section("configuration" if isinstance(exc, ConfigError) else "broker")
        section.problem(f"{type(exc).__name__}: {exc}")
        return Report([section])


def _in_rq() -> dict[str, Any]:
    """What there is to tell of RQ in a bench."""
    from frappe_celery.hosts.bench import leftovers  # which imports Frappe
    from frappe_celery.watch.doctor.failures import SECONDS

    return {
        "in_rq": leftovers.by_queue(),
        "rq_workers": leftovers.workers(),
        "failed_in_rq": leftovers.failed_lately(SECONDS),
    }
