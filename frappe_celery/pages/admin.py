"""Django's admin finds the pages here."""

from __future__ import annotations

from django.contrib import admin

from frappe_celery.pages import models
from frappe_celery.pages.batches import BatchAdmin
from frappe_celery.pages.jobs import JobAdmin
from frappe_celery.pages.limits import LimitAdmin
from frappe_celery.pages.site_pages import SiteAdmin
from frappe_celery.pages.workers import WorkerAdmin

admin.site.register(models.Job, JobAdmin)
admin.site.register(models.Batch, BatchAdmin)
admin.site.register(models.Worker, WorkerAdmin)
admin.site.register(models.Site, SiteAdmin)
admin.site.register(models.Limit, LimitAdmin)
