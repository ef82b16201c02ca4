"""`rq.timeouts`."""

from frappe_celery.errors import JobTimeoutException
