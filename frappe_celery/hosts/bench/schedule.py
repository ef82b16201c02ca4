"""The schedule of the connected site: its Scheduled Job Type rows, and whether it is on.

The rows are the ones that Desk shows; what is made of them says Frappe itself.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from datetime import datetime, timezone
from importlib import import_module
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import frappe
from frappe.utils import cint, get_datetime, get_system_timezone

from frappe_celery.hosts.bench.rq_names import IS_14
from frappe_celery.jobs.hosts import ScheduleRow, SyncReport
from frappe_celery.schedule.documents import DOCTYPE, FIELDS, row_of
from frappe_celery.schedule.sync import differences

MODULE = "frappe.core.doctype.scheduled_job_type.scheduled_job_type"


def read() -> list[ScheduleRow]:
    """Every Scheduled Job Type of the connected site, also those that are stopped."""
    zone, now = time_zone(), datetime.now(timezone.utc)
    columns = frappe.db.get_table_columns(DOCTYPE)
    fields = [field for field in FIELDS if field in columns]  # early v15 has no scheduler_event
    rows = frappe.get_all(DOCTYPE, fields=fields, order_by="name")
    return [_row_of(values, zone, now) for values in rows]


def sync() -> SyncReport:
    """What `bench migrate` does to them: Frappe's own `sync_jobs`. The report names methods."""
    cache = frappe.cache() if IS_14 else frappe.cache
    cache.delete_value("app_hooks")  # migrate clears all of the cache
    before = read()
    import_module(MODULE).sync_jobs()
    frappe.db.commit()
    return differences(before, read())


def _row_of(values: Mapping[str, Any], zone: str, now: datetime) -> ScheduleRow:
    last = values.get("last_execution")  # SQLite gives times as texts
    return row_of(
        values,
        site=frappe.local.site,
        method=values.get("method") or "",
        creation=instant(get_datetime(values["creation"]), zone, now),
        last_execution=instant(get_datetime(last), zone, now) if last else None,
        cron_queues=frappe.conf.get("cron_queues"),
    )


def instant(naive: datetime, zone: str, now: datetime) -> datetime:
    """A time that Frappe wrote, in the site's zone but without it, in UTC.

    In the hour that a change of the clock repeats it is the later one of the two that it may be,
    so that what ran is not run again; but never one that has not come yet.
    """
    first = naive.replace(tzinfo=ZoneInfo(zone))
    later = first.replace(fold=1).astimezone(timezone.utc)
    return later if later <= now else first.astimezone(timezone.utc)


def time_zone() -> str:
    """The zone in which Frappe writes the site's times (System Settings)."""
    return str(get_system_timezone())


def delays_long() -> bool:
    """Whether Frappe adds seconds of its own to a `*_long` event's time: it is asked for one."""
    noon = datetime(2026, 1, 1, 12)
    event = SimpleNamespace(
        frequency="Daily Long", cron_format=None, last_execution=noon, creation=noon
    )
    due = import_module(MODULE).ScheduledJobType.get_next_execution(event)
    return bool(due != datetime(2026, 1, 2))


def scheduled_run(row: ScheduleRow) -> tuple[str, dict[str, str]]:
    """The job id and arguments that this version of Frappe gives a row's run.

    They must be Frappe's own: a run that waits or runs is found under that id by Execute in Desk.
    """
    module = import_module(MODULE)
    takes = inspect.signature(module.run_scheduled_job).parameters
    arguments = {"job_type": row.method, "scheduled_job_type": row.name}
    own_id: str = module.ScheduledJobType.rq_job_id.fget(row)
    return own_id, {name: value for name, value in arguments.items() if name in takes}


def why_off() -> str | None:
    """What the connected site itself says; None: it is scheduled. (Not what its files say.)"""
    if not cint(frappe.db.get_single_value("System Settings", "enable_scheduler")):
        return "enable_scheduler is off in its System Settings"
    if not _is_active():
        days = cint(frappe.get_system_settings("dormant_days")) or 4
        return f"it is dormant: nobody was there for {days} days, and jobs ran in the last 24 hours"
    return None


def _is_active() -> bool:
    """Frappe's answer of now: it keeps one for an hour, in which nobody's return would be seen.

    From v16 on it keeps that of `is_dormant` by itself too.
    """
    from frappe.utils import scheduler  # which is what brings the seam, and us, in

    is_active = inspect.unwrap(scheduler.schedule_jobs_based_on_activity)
    if is_active():
        return True
    forget = getattr(scheduler.is_dormant, "clear_cache", None)
    if forget is None:
        return False
    forget()
    return bool(is_active())
