"""`frappe.types`."""

from frappe_standalone.utils.frappedict import _dict
