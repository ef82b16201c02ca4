"""The Scheduled Job Type rows of a site, read for the scheduler and brought up to the hooks."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from frappe_celery.hosts.base import ScheduleRow, SyncReport
from frappe_celery.hosts.standalone import store
from frappe_celery.hosts.standalone.context import local
from frappe_celery.hosts.standalone.scheduled_job_type import (
    DOCTYPE,
    free_name,
    method_of_event,
    queue_of,
)
from frappe_celery.hosts.standalone.utils.dates import as_aware


def read() -> list[ScheduleRow]:
    """All rows of the current site, stopped ones too."""
    return [_row(values) for values in store.select(DOCTYPE, None, order_by="name")]


def _row(values: dict[str, Any]) -> ScheduleRow:
    method = values["method"] or method_of_event(values["scheduler_event"])
    event = values["scheduler_event"]
    return ScheduleRow(
        site=local.site,
        name=values["name"],
        method=method,
        frequency=values["frequency"],
        queue=queue_of(values["frequency"], method),
        creation=as_aware(values["creation"]),
        cron_format=values["cron_format"] or None,
        last_execution=values["last_execution"] and as_aware(values["last_execution"]),
        stopped=bool(values["stopped"]),
        create_log=bool(values["create_log"]),
        app=method.partition(".")[0] or None,
        source=f"Scheduler Event {event}" if event else f"Scheduled Job Type {values['name']}",
        server_script=values["server_script"] or None,
        scheduler_event=event or None,
    )


def sync(wanted: list[ScheduleRow]) -> SyncReport:
    """Make the rows that come from hooks follow `wanted`; the counterpart of `bench migrate`.

    A row keeps its name, `stopped`, `last_execution` and `create_log` when its hook moves to
    another frequency. Rows with a server script or a scheduler event are left alone, rows whose
    hook is gone are deleted.
    """
    report = SyncReport()
    existing: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for values in store.select(DOCTYPE, None, order_by="name"):
        if not values["server_script"] and not values["scheduler_event"]:
            existing[values["method"]].append(values)
    by_method: dict[str, list[ScheduleRow]] = defaultdict(list)
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
        store.delete("Scheduled Job Log", {"scheduled_job_type": gone["name"]})
        store.delete(DOCTYPE, gone["name"])
        report.removed.append(gone["name"])
    return report


def _take(present: list[dict[str, Any]], row: ScheduleRow) -> bool:
    """Take the row that is as wanted already out of those that are not spoken for."""
    for values in present:
        if (values["frequency"], values["cron_format"] or None) == (row.frequency, row.cron_format):
            present.remove(values)
            return True
    return False


def _change(values: dict[str, Any], row: ScheduleRow, report: SyncReport) -> None:
    store.update(
        DOCTYPE,
        values["name"],
        {"frequency": row.frequency, "cron_format": row.cron_format, **store.modified_now()},
    )
    report.changed.append(values["name"])


def _add(row: ScheduleRow, report: SyncReport) -> None:
    name = free_name(row.method, row.cron_format or row.frequency)
    store.insert(
        DOCTYPE,
        {
            "name": name,
            "method": row.method,
            "frequency": row.frequency,
            "cron_format": row.cron_format,
            "create_log": row.create_log,
            "stopped": row.stopped,
        },
    )
    report.added.append(name)
