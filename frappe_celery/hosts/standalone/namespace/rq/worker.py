"""`rq.worker`."""

from frappe_celery.hosts.standalone.jobs.rq_names import Worker
