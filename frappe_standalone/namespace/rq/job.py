"""`rq.job`."""

from frappe_standalone.jobs.rq_names import Job, get_current_job
from frappe_celery.jobs import JobStatus
