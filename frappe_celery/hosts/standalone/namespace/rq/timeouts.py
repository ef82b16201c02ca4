"""`rq.timeouts`."""

from frappe_celery.errors import JobTimeoutException

__all__ = ["JobTimeoutException"]
