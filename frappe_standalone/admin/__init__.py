"""The pages of our tables, schedule and logs, beside those of every host (`frappe_pages`).

Django imports this where its admin is installed beside us, in a team's own project or in the one
that `frappe-celery admin` serves.
"""

from __future__ import annotations

from django.contrib import admin

from frappe_pages import admin as pages  # noqa: F401 (registers them)
from frappe_standalone import models
from frappe_standalone.admin.logs import ErrorLogAdmin, ScheduledJobLogAdmin
from frappe_standalone.admin.schedule import ScheduledJobTypeAdmin, SchedulerEventAdmin

admin.site.register(models.ScheduledJobType, ScheduledJobTypeAdmin)
admin.site.register(models.SchedulerEvent, SchedulerEventAdmin)
admin.site.register(models.ScheduledJobLog, ScheduledJobLogAdmin)
admin.site.register(models.ErrorLog, ErrorLogAdmin)
