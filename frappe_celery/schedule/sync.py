"""Hooks and rows: the first start fills the rows, later changes wait for `schedule sync`.

As in Frappe, a site's Scheduled Job Type rows are its schedule.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import hosts
from frappe_celery.jobs.hosts import Host, ScheduleRow, SyncReport
from frappe_celery.schedule.events import Problem, read_hooks

NAMED = 10
"""How many methods a line of a log names."""


def fill(host: Host, config: Settings, site: str, rows: list[ScheduleRow]) -> list[ScheduleRow]:
    """The site's `rows`; where none of them is of a hook, the hooks' are added first.

    A bench does that itself when it installs an app.
    """
    has_rows = hosts.is_bench() or any(map(is_of_hook, rows))
    if has_rows or not read_hooks(host.app_hooks(site), config, site)[0]:
        return rows
    sync(host, config, site)
    return host.schedule_rows(site)


@cache
def fill_once(site: str) -> None:
    """Have rows to run, for schedulers other than ours; looked at once a process."""
    host = hosts.current()
    fill(host, settings.current(), site, host.schedule_rows(site))


def live_row(row: ScheduleRow) -> ScheduleRow:
    """The row that a site really has for the method of one of a hook.

    Raises:
        ConfigError: it has none.
    """
    for live in hosts.current().schedule_rows(row.site):
        if live.method == row.method:
            return live
    raise ConfigError(
        f"site {row.site} has no Scheduled Job Type for {row.method}: it has not installed the app,"
        " or `bench migrate` has not run since the hook was written"
    )


def sync(host: Host, config: Settings, site: str) -> tuple[SyncReport, list[Problem]]:
    """Make a site's rows follow the hooks: the counterpart of `bench migrate`.

    While a part of the hooks cannot be read, nothing is removed: it may be what is there.
    """
    wanted, problems = read_hooks(host.app_hooks(site), config, site)
    if any(problem.method is None for problem in problems):
        methods = {row.method for row in wanted}
        rows = host.schedule_rows(site)
        wanted += [row for row in rows if is_of_hook(row) and row.method not in methods]
    return host.sync_schedule(site, wanted), problems


def is_of_hook(row: ScheduleRow) -> bool:
    """Whether a row follows the hooks; one with a script or event of its own does not."""
    return not row.server_script and not row.scheduler_event


def identity(row: ScheduleRow) -> tuple[str, str, str | None]:
    """What a hook says of its row; Frappe fills in the expression of a word when one is saved."""
    return (row.method, row.frequency, (row.frequency == "Cron" and row.cron_format) or None)


def differences(
    rows: Iterable[ScheduleRow], wanted: Iterable[ScheduleRow], problems: Iterable[Problem] = ()
) -> SyncReport:
    """What `sync` would change; the methods."""
    present = {identity(row): row for row in rows if is_of_hook(row)}
    asked = {identity(row): row for row in wanted if is_of_hook(row)}
    gone = [row.method for key, row in present.items() if key not in asked]
    new = [row.method for key, row in asked.items() if key not in present]
    changed = [method for method in new if method in gone]
    keep = any(problem.method is None for problem in problems)
    return SyncReport(
        added=[method for method in new if method not in changed],
        changed=changed,
        removed=[] if keep else [method for method in gone if method not in changed],
    )


def announcements(report: SyncReport) -> list[str]:
    """What a report of `differences` says, a line for each kind."""
    command = "bench migrate" if hosts.is_bench() else "frappe-celery schedule sync"
    lines = []
    for what in ("added", "changed", "removed"):
        methods: list[str] = getattr(report, what)
        if methods:
            more = len(methods) - NAMED
            lines.append(
                f"{what} in the hooks, not in force until `{command}`: "
                + ", ".join(methods[:NAMED])
                + (f" and {more} more" if more > 0 else "")
            )
    return lines
