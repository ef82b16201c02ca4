"""`frappe.utils.deprecations`."""

from frappe_celery.hosts.standalone.utils.deprecation import deprecated
