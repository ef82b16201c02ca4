"""`rq.exceptions`."""

from frappe_celery.host import InvalidJobOperation
from frappe_celery.host import NoSuchJob as NoSuchJobError
