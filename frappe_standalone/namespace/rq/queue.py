"""`rq.queue`."""

from frappe_standalone.jobs.rq_names import Queue
