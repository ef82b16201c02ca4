# made by: python -m tests.stubs
from frappe_standalone.schedule.scheduled_job_type import ScheduledJobType as ScheduledJobType
from frappe_standalone.schedule.scheduled_job_type import run_scheduled_job as run_scheduled_job
from frappe_standalone.schedule.rows import sync_jobs as sync_jobs

