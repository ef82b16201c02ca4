"""A Scheduled Job Type document as the schedule knows it: the same in every host."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.schedule.frequencies import queue_of

DOCTYPE = "Scheduled Job Type"
FIELDS = (
    *("name", "method", "frequency", "cron_format", "last_execution", "creation"),
    *("stopped", "create_log", "server_script", "scheduler_event"),
)
"""Those that the schedule knows of."""


def row_of(
    values: Mapping[str, Any],
    site: str,
    method: str,
    creation: datetime,
    last_execution: datetime | None,
    cron_queues: Mapping[str, str] | None,
) -> ScheduleRow:
    """The row.

    Args:
        values: the document's, by `FIELDS`.
        method: the document's own, or what its Scheduler Event runs.
        creation, last_execution: aware.
        cron_queues: as the site's configuration has them.
    """
    event, frequency = values.get("scheduler_event") or None, values.get("frequency") or ""
    return ScheduleRow(
        site=site,
        name=values.get("name") or method,
        method=method,
        frequency=frequency,
        queue=queue_of(frequency, method, cron_queues or {}),
        creation=creation,
        cron_format=values.get("cron_format") or None,
        last_execution=last_execution,
        stopped=bool(values.get("stopped")),
        create_log=bool(values.get("create_log")),
        app=method.partition(".")[0] or None,
        source=f"Scheduler Event {event}" if event else f"{DOCTYPE} {values.get('name')}",
        server_script=values.get("server_script") or None,
        scheduler_event=event,
    )
