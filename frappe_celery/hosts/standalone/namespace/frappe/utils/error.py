"""`frappe.utils.error`."""

from frappe_celery.hosts.standalone.documents.error_log import log_error
