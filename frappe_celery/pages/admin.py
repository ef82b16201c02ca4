"""Django's admin finds the pages here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from frappe_celery.jobs import get_store
from frappe_celery.pages import models
from frappe_celery.pages.answers import ReadOnlyAdmin, StoreAdmin
from frappe_celery.pages.jobs import JobAdmin
from frappe_celery.pages.limits import LimitAdmin
from frappe_celery.pages.site_pages import SiteAdmin
from frappe_celery.pages.sites import may_see


@admin.register(models.Worker)
class WorkerAdmin(ReadOnlyAdmin, StoreAdmin):
    """The workers: who runs what, and how much each has done."""

    def get_urls(self) -> list[Any]:
        return [self.at("", self.list_view, "changelist")]

    def list_view(self, request: HttpRequest) -> HttpResponse:
        self.require_view(request)
        lines = [
            (worker, job, job is not None and may_see(request.user, job.site))
            for worker, job in get_store().by_process()
        ]
        return self.shown(request, "workers.html", "Workers", lines=lines)


admin.site.register(models.Job, JobAdmin)
admin.site.register(models.Site, SiteAdmin)
admin.site.register(models.Limit, LimitAdmin)
