"""`rq.timeouts`."""

from frappe_celery.host import JobTimeoutException
