"""`rq.exceptions`."""

from frappe_celery.errors import InvalidJobOperation
from frappe_celery.errors import NoSuchJob as NoSuchJobError
