"""`import rq` where RQ is not installed: what task code reads of it, over our jobs."""

from frappe_standalone.jobs.rq_names import Queue, Retry, Worker, get_current_job
