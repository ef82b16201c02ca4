"""`rq.worker`."""

from frappe_celery.hosts.standalone.rq_names import Worker

__all__ = ["Worker"]
