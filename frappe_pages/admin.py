"""Django's admin finds the pages here."""

from __future__ import annotations

from django.contrib import admin

from frappe_pages import models
from frappe_pages.batches import BatchAdmin
from frappe_pages.failures import FailureAdmin
from frappe_pages.jobs import JobAdmin
from frappe_pages.limits import LimitAdmin
from frappe_pages.site_pages import SiteAdmin
from frappe_pages.workers import WorkerAdmin

admin.site.register(models.Job, JobAdmin)
admin.site.register(models.Batch, BatchAdmin)
admin.site.register(models.Failure, FailureAdmin)
admin.site.register(models.Worker, WorkerAdmin)
admin.site.register(models.Site, SiteAdmin)
admin.site.register(models.Limit, LimitAdmin)
