"""`rq.worker`."""

from frappe_standalone.jobs.rq_names import Worker
