"""The demo's tables: jobs while they run, and what was expected beside what happened."""

from __future__ import annotations

from rich.table import Column, Table

from frappe_celery.commands.demo.cases import Case
from frappe_celery.config import settings
from frappe_celery.jobs import get_store, hosts
from frappe_celery.schedule.listing import site_schedule
from frappe_celery.watch.job_display import STYLES, as_json


def jobs() -> Table:
    """The newest jobs of the project."""
    table = Table("queue", "method", "status", "waited", "ran", title="Jobs, newest first")
    for job in get_store().page(length=25):
        line, style = as_json(job), STYLES.get(job.status, "magenta")
        times = (_milliseconds(line[name]) for name in ("waited", "ran"))
        table.add_row(job.queue, job.method, f"[{style}]{job.status}[/]", *times)
    return table


def _milliseconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.0f} ms"


def report(cases: list[Case]) -> Table:
    """Each case with what was expected and what happened."""
    table = Table("", "case", "expected", "happened", title="One job of every kind")
    for case in cases:
        happened = case.happened()
        good = happened == case.expected
        table.add_row("[green]ok[/]" if good else "[red]no[/]", case.title, case.expected, happened)
    return table


def schedule() -> Table:
    """What beat will enqueue, and when next; `frappe-celery schedule` shows more of it."""
    config = settings.current()
    found = site_schedule(hosts.current(), config, config.site, count=1)
    columns = (Column("method", no_wrap=True), "expression", "queue", "next")
    table = Table(*columns, title="The schedule, run by beat")
    for line in found.lines:
        soon = line.next[0].strftime("%a %d %b %H:%M:%S") if line.next else ""
        table.add_row(line.method, line.expression, line.queue, soon)
    return table
