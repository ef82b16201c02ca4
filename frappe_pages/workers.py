"""The workers: what each process runs, what it takes, and how old the code is that it runs."""

from __future__ import annotations

import time
from datetime import timezone
from functools import lru_cache, partial
from typing import Any

from django.http import HttpRequest, HttpResponse

from frappe_celery.config import settings
from frappe_celery.jobs import Job, get_store
from frappe_celery.jobs.workers import WorkerInfo, why_it_stays
from frappe_celery.watch.doctor.workers import Change, changed_since, newest_change
from frappe_pages import in_rq
from frappe_pages.answers import ReadOnlyAdmin, StoreAdmin
from frappe_pages.users import choices, may_see

CODE_SECONDS = 30
"""How long the files' newest change is known: to find it all of them are looked at."""


class WorkerAdmin(ReadOnlyAdmin, StoreAdmin):
    """Their page."""

    needed = "Can view Worker"

    def get_urls(self) -> list[Any]:
        return [self.at("", self.list_view, "changelist")]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        store, newest = get_store(), partial(_newest_change, int(time.time() / CODE_SECONDS))
        workers = store.workers.with_processes()
        runs = [one.current_job or "" for _, processes in workers for one in processes]
        jobs = dict(zip(runs, store.read(runs), strict=True))
        lines = [
            {
                "worker": worker,
                "is_busy": any(one.state == "busy" for one in processes),
                "memory": sum(worker.memory.values()),
                "stays": (failures := store.workers.exchange(worker.name))
                and why_it_stays(failures),
                "older_than": changed_since(worker, newest),
                "processes": [
                    _process(one, jobs[one.current_job or ""], request.user) for one in processes
                ],
            }
            for worker, processes in workers
        ]
        to_rq = in_rq.look(store, choices(request.user))
        return self.shown(request, "workers.html", "Workers", lines=lines, in_rq=to_rq)


def _process(process: WorkerInfo, job: Job | None, user: Any) -> dict[str, Any]:
    """What a process does, and since when; another site's job has no name."""
    began = job and job.started_at
    return {
        "process": process,
        "memory": process.memory.get(str(process.pid)),
        "job": job,
        "began": began and began.replace(tzinfo=timezone.utc).timestamp(),
        "is_seen": job is not None and may_see(user, job.site),
    }


@lru_cache(maxsize=1)
def _newest_change(period: int) -> Change:
    return newest_change(settings.current())
