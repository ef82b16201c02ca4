"""`frappe.core.doctype.scheduled_job_type.scheduled_job_type`."""

from frappe_standalone.schedule.rows import sync_jobs
from frappe_standalone.schedule.scheduled_job_type import (
    ScheduledJobType,
    run_scheduled_job,
)
