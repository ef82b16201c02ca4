"""A log record as one line of JSON (setting `logs: json`)."""

from __future__ import annotations

import json
import logging
from datetime import datetime, timezone
from typing import Any

from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.running import ABOUT, current_job, message_in_hand

_FROM_CELERY = {"id": "run", "name": "method", "runtime": "runtime", "return_value": "result"}
"""What Celery's lines about a task know, under the names that our jobs have."""


class JSONFormatter(logging.Formatter):
    """`timestamp` (UTC), `level`, `logger`, `process`, `message`; of a job what is known."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "timestamp": datetime.fromtimestamp(record.created, timezone.utc).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "process": f"{record.processName}.{record.process}",
            "message": record.getMessage(),
        }
        entry.update(_of_the_task(record))
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False, default=repr)


def message_of(record: logging.LogRecord) -> JobMessage | None:
    """What a line is about: what its call names, or what its context has in hand."""
    named = getattr(record, ABOUT, None)
    return named if isinstance(named, JobMessage) else message_in_hand()


def _of_the_task(record: logging.LogRecord) -> dict[str, Any]:
    known = record.args if isinstance(record.args, dict) else {}
    of_celery = {_FROM_CELERY[name]: known[name] for name in _FROM_CELERY.keys() & known.keys()}
    job, message = current_job(), message_of(record)
    if job is not None:
        values: dict[str, Any] = {"site": job.site, "job": job.id, "queue": job.queue}
        return {**of_celery, **values, "run": job.run_id, "method": job.method, "user": job.user}
    if message is not None:
        values = {name: getattr(message, name) for name in ("site", "queue", "run", "user")}
        return {**of_celery, **values, "job": message.id, "method": message.label}
    return of_celery
