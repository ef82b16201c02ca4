"""`rq.queue`."""

from frappe_celery.hosts.standalone.jobs.rq_names import Queue

__all__ = ["Queue"]
