"""The workers: who runs what, and how much each has done."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from frappe_celery.jobs import Job, get_store
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.pages.answers import StoreAdmin, shown
from frappe_celery.pages.read_only import ReadOnlyAdmin
from frappe_celery.pages.sites import may_see
from frappe_celery.watch.job_display import duration, label


@dataclass(frozen=True)
class Line:
    """A process of a worker, and what it runs."""

    info: WorkerInfo
    job: Job | None
    """What it runs, where that may be seen."""
    label: str
    runs_unseen: bool
    up: str
    seen: str
    worked: str


class WorkerAdmin(ReadOnlyAdmin, StoreAdmin):
    def get_urls(self) -> list[Any]:
        return [self.at("", self.list_view, "changelist")]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        self.require_view(request)
        now = time.time()
        lines = [_line(info, job, request.user, now) for info, job in get_store().by_process()]
        return shown(self, request, "workers.html", "Workers", lines=lines)


def _line(info: WorkerInfo, job: Job | None, user: Any, now: float) -> Line:
    visible = job if job is not None and may_see(user, job.site) else None
    return Line(
        info=info,
        job=visible,
        label=label(visible) if visible else "",
        runs_unseen=job is not None and visible is None,
        up=duration(now - info.birth),
        seen=duration(max(0.0, now - info.last_heartbeat)),
        worked=duration(info.total_working_time),
    )
