"""`rq.job`."""

from frappe_celery.host import JobStatus
from frappe_standalone.jobs.rq_names import Job, get_current_job
