"""The Scheduled Job Type rows of a site, read for the scheduler and brought up to the hooks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from itertools import chain, count
from typing import Any

from frappe_celery import host
from frappe_standalone.database import store
from frappe_standalone.local import local
from frappe_standalone.missing import lacks
from frappe_standalone.site.app_hooks import get_hooks
from frappe_standalone.utils.dates import as_aware, get_datetime, zone

DOCTYPE = host.schedule_documents.DOCTYPE
LOG = "Scheduled Job Log"


def read() -> list[host.hosts.ScheduleRow]:
    """All rows of the current site, stopped ones too."""
    fields = [*host.schedule_documents.FIELDS, "repeated_hour"]
    return list(map(row_of, store.select(DOCTYPE, None, fields=fields)))


def row_of(values: Mapping[str, Any]) -> host.hosts.ScheduleRow:
    """A row as the schedule knows it."""
    last = get_datetime(values["last_execution"]) if values.get("last_execution") else None
    again = int(values.get("repeated_hour") or 0)
    return host.schedule_documents.row_of(
        values,
        site=local.site,
        method=values.get("method") or method_of_event(values.get("scheduler_event")),
        creation=as_aware(values.get("creation")),
        last_execution=as_aware(last.replace(fold=again)) if last else None,
        cron_queues=local.conf.get("cron_queues"),
    )


def started(name: str, moment: datetime) -> None:
    """Note that a row's run began; the hour that clocks show twice is kept apart."""
    last = moment.astimezone(zone())
    values = {"last_execution": last.replace(tzinfo=None), "repeated_hour": last.fold}
    store.update(DOCTYPE, name, values)


def method_of_event(scheduler_event: str | None) -> str:
    """What a Scheduler Event runs: its method, else what a hook gives for its doctype."""
    event = store.get("Scheduler Event", scheduler_event) if scheduler_event else None
    if event is None:
        return ""
    against = get_hooks("scheduled_against") or {}
    return str(event["method"] or against.get(event["scheduled_against"], [""])[-1])


def scheduled_run(row: host.hosts.ScheduleRow) -> tuple[str, dict[str, str]]:
    """The job id of a row's run, by its method, from v16 on by its name, and its arguments.

    A name that Frappe v15 would not have given, because two methods share their last two parts,
    is passed there too: by the method alone the wrong row could be found.
    """
    by_name = host.settings.current().frappe_version >= 16
    own_id = f"scheduled_job::{row.name if by_name else row.method}"
    arguments = {"job_type": row.method}
    if by_name or row.name != ".".join(row.method.split(".")[-2:]):
        arguments["scheduled_job_type"] = row.name
    return own_id, arguments


def free_name(method: str, otherwise: str = "") -> str:
    """A name for a row: Frappe's short one unless it is taken, which in v14 and v15 loses a row."""
    short = ".".join(method.split(".")[-2:])
    numbered = (f"{method} {number}" for number in count(2))
    names = chain((short, method, f"{method} {otherwise}".strip()), numbered)
    return next(name for name in names if name and store.get(DOCTYPE, name) is None)


@lacks(hooks=None)
def sync_jobs() -> host.hosts.SyncReport:
    """Bring the current site's rows up to its apps' hooks, by Frappe's name for it."""
    from frappe_celery.host import schedule_sync

    report, _problems = schedule_sync.sync(
        host.hosts.current(), host.settings.current(), local.site
    )
    return report


def sync(wanted: list[host.hosts.ScheduleRow]) -> host.hosts.SyncReport:
    """Make the rows that come from hooks follow `wanted`; the counterpart of `bench migrate`.

    A row keeps its name, `stopped`, `last_execution` and `create_log` when its hook moves to
    another frequency. Rows with a server script or a scheduler event are left alone, rows whose
    hook is gone are deleted. The report names methods.
    """
    report = host.hosts.SyncReport()
    existing: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for values in store.select(DOCTYPE, None, order_by="name"):
        if not values["server_script"] and not values["scheduler_event"]:
            existing[values["method"]].append(values)
    by_method: dict[str, list[host.hosts.ScheduleRow]] = defaultdict(list)
    for row in wanted:
        by_method[row.method].append(row)

    for method, rows in by_method.items():
        present = existing.pop(method, [])
        for row in [row for row in rows if not _take(present, row)]:
            if present:
                _change(present.pop(0), row, report)
            else:
                _add(row, report)
        existing[method] = present
    for gone in (values for rest in existing.values() for values in rest):
        store.delete(LOG, {"scheduled_job_type": gone["name"]})
        store.delete(DOCTYPE, gone["name"])
        report.removed.append(gone["method"])
    return report


def _take(present: list[dict[str, Any]], row: host.hosts.ScheduleRow) -> bool:
    """Take the row that is as wanted already out of those that are not spoken for."""
    for values in present:
        if (values["frequency"], values["cron_format"] or None) == (row.frequency, row.cron_format):
            present.remove(values)
            return True
    return False


def _change(
    values: dict[str, Any], row: host.hosts.ScheduleRow, report: host.hosts.SyncReport
) -> None:
    anew = {"frequency": row.frequency, "cron_format": row.cron_format, **store.modified_now()}
    store.update(DOCTYPE, values["name"], anew)
    report.changed.append(row.method)


def _add(row: host.hosts.ScheduleRow, report: host.hosts.SyncReport) -> None:
    own = ("method", "frequency", "cron_format", "create_log", "stopped")
    name = free_name(row.method, row.cron_format or row.frequency)
    store.insert(DOCTYPE, {"name": name, **{field: getattr(row, field) for field in own}})
    report.added.append(row.method)
