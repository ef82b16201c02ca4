"""`frappe.utils.formatters`."""

from frappe_celery.hosts.standalone.utils.formatters import format_value
