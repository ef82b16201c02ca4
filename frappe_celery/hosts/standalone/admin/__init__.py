"""The pages: jobs, workers, schedule and logs in Django's admin.

Django imports this where its admin is installed beside us, in a team's own project or in the one
that `frappe-celery admin` serves (the room `server`). `sites` says whose jobs a user sees.
"""

from __future__ import annotations

from django.contrib import admin

from frappe_celery.hosts.standalone import models
from frappe_celery.hosts.standalone.admin.jobs import JobAdmin
from frappe_celery.hosts.standalone.admin.logs import ErrorLogAdmin, ScheduledJobLogAdmin
from frappe_celery.hosts.standalone.admin.schedule import ScheduledJobTypeAdmin
from frappe_celery.hosts.standalone.admin.scheduler_events import SchedulerEventAdmin
from frappe_celery.hosts.standalone.admin.workers import WorkerAdmin

admin.site.register(models.Job, JobAdmin)
admin.site.register(models.Worker, WorkerAdmin)
admin.site.register(models.ScheduledJobType, ScheduledJobTypeAdmin)
admin.site.register(models.SchedulerEvent, SchedulerEventAdmin)
admin.site.register(models.ScheduledJobLog, ScheduledJobLogAdmin)
admin.site.register(models.ErrorLog, ErrorLogAdmin)
