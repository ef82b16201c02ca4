"""`frappe.types`."""

from frappe_celery.hosts.standalone.utils.frappedict import _dict
