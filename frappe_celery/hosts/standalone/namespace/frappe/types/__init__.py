"""`frappe.types`."""

from frappe_celery.hosts.standalone.frappedict import _dict

__all__ = ["_dict"]
