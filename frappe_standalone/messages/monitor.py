"""`frappe.monitor`: a line of JSON for every job, where the site's configuration has `monitor`.

As v14 writes it. From v15 on the time says that it is UTC, from v16 on the job's id stands in
`job_id` and `uuid` is one of the run's own. The line is written at once, where Frappe keeps it in
Redis until its hourly flush.
"""

from __future__ import annotations

import json
import logging
import sys
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

from frappe_celery.host import RUN_SCHEDULED_JOB, current_job, settings
from frappe_celery.host import open_log_file as opened
from frappe_standalone.local import local

logger = logging.getLogger(__name__)

MONITOR_LOG = "monitor.json.log"
_MICROSECOND = timedelta(microseconds=1)
_file = cache(opened)


class Monitor:
    """What is told of a job; `data` is the line."""

    def __init__(self, method: str, kwargs: Mapping[str, Any]) -> None:
        self.version = settings.current().frappe_version
        self.began = datetime.now(timezone.utc)
        job = {"method": method, "scheduled": False, "wait": 0}
        if method == RUN_SCHEDULED_JOB:
            job.update(method=kwargs.get("job_type"), scheduled=True)
        self.data: dict[str, Any] = {
            "site": local.site,
            "timestamp": self.began.replace(tzinfo=None) if self.version < 15 else self.began,
            "transaction_type": "job",
            "uuid": str(uuid.uuid4()),
            "job": job,
        }
        running = current_job()
        if running is not None:
            self.data["uuid" if self.version < 16 else "job_id"] = running.id
            waited = self.began - running.enqueued_at.replace(tzinfo=timezone.utc)
            job["wait"] = waited // _MICROSECOND

    def write(self) -> None:
        """Write the job's line, once it has ended."""
        took = datetime.now(timezone.utc) - self.began
        self.data["duration"] = took // _MICROSECOND
        line = json.dumps(self.data, sort_keys=True, default=str, separators=(",", ":")) + "\n"
        if settings.current().logs == "json":
            print(line, end="", file=sys.__stdout__, flush=True)
        elif (file := _file(settings.current().log_path / MONITOR_LOG)) is not None:
            file.write(line)


def start(method: str, kwargs: Mapping[str, Any]) -> None:
    """Begin to measure a job, where the site's configuration has `monitor`."""
    if local.conf.monitor:
        local.monitor = Monitor(method, kwargs)


def stop() -> None:
    """It has ended; what cannot be written is no failure of the job's."""
    monitor = getattr(local, "monitor", None)
    if monitor is not None:
        try:
            monitor.write()
        except Exception:
            logger.exception("%s has no line of %s", MONITOR_LOG, monitor.data["job"])


def add_data_to_monitor(**kwargs: Any) -> None:
    """Have more in the running job's line; values that JSON can carry."""
    monitor = getattr(local, "monitor", None)
    if monitor is not None:
        monitor.data.update(kwargs)
