"""`rq.queue`."""

from frappe_celery.hosts.standalone.rq_names import Queue

__all__ = ["Queue"]
