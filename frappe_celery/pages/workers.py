"""The workers: who runs what, and how much each has done."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from frappe_celery.jobs import get_store
from frappe_celery.pages.answers import ReadOnlyAdmin, StoreAdmin
from frappe_celery.pages.sites import may_see


class WorkerAdmin(ReadOnlyAdmin, StoreAdmin):
    def get_urls(self) -> list[Any]:
        return [self.at("", self.list_view, "changelist")]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        self.require_view(request)
        lines = [
            (worker, job, job is not None and may_see(request.user, job.site))
            for worker, job in get_store().by_process()
        ]
        return self.shown(request, "workers.html", "Workers", lines=lines)
