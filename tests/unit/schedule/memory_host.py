"""A host whose hooks and rows are plain Python values, to see what the schedule does with them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from importlib import import_module
from typing import Any

from frappe_celery.jobs.hosts import AppHooks, ScheduleRow, SyncReport

SITE = "site1.localhost"
LONG_AGO = datetime(2026, 1, 1, tzinfo=timezone.utc)


def utc(text: str) -> datetime:
    """An instant from `2026-06-01 09:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def row(method: str = "myapp.tasks.record", frequency: str = "Cron", **values: Any) -> ScheduleRow:
    """A row that never ran, named as Frappe names it."""
    name = ".".join(method.split(".")[-2:])
    values = {"site": SITE, "name": name, "queue": "default", "creation": LONG_AGO, **values}
    return ScheduleRow(method=method, frequency=frequency, **values)


class MemoryHost:
    """What the schedule asks of a host; `fails` is raised by all that would need a database."""

    def __init__(self, events: Any = None, *rows: ScheduleRow, now: datetime = LONG_AGO) -> None:
        self.hooks = [AppHooks("myapp", {"scheduler_events": events or {}})]
        self.rows = {(row.site, row.name): row for row in rows}
        self.now = now
        self.fails: Exception | None = None
        self.reads = 0
        self.off: str | None = None

    def app_hooks(self, site: str) -> list[AppHooks]:
        return self.hooks

    def missing_names(self, function: Callable[..., Any]) -> list[str]:
        return []

    def get_attr(self, path: str) -> Callable[..., Any]:
        module, _, name = path.rpartition(".")
        found: Callable[..., Any] = getattr(import_module(module), name)
        return found

    def schedule_rows(self, site: str) -> list[ScheduleRow]:
        self.reads += 1
        if self.fails:
            raise self.fails
        return [row for row in self.rows.values() if row.site == site]

    def sync_schedule(self, site: str, wanted: list[ScheduleRow]) -> SyncReport:
        names = {row.name for row in wanted}
        report = SyncReport(
            added=[row.name for row in wanted if (site, row.name) not in self.rows],
            removed=[name for of, name in self.rows if of == site and name not in names],
        )
        for name in report.removed:
            del self.rows[site, name]
        for row in wanted:
            self.rows.setdefault((site, row.name), replace(row, creation=self.now))
        return report

    def scheduling_off(self, site: str) -> str | None:
        return self.off

    finds_in_apps_alone = False
    site_databases = False

    def changed_sites(self) -> set[str]:
        return set()

    def visiting(self, site: str) -> AbstractContextManager[None]:
        return nullcontext()

    def delays_long(self, site: str) -> bool:
        return True

    def time_zone(self, site: str) -> None:
        return None

    def change(self, name: str, site: str = SITE, **values: Any) -> None:
        """Set fields of a row, as somebody does from outside."""
        self.rows[site, name] = replace(self.rows[site, name], **values)
