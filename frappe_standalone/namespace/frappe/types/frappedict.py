"""`frappe.types.frappedict`."""

from frappe_standalone.utils.frappedict import _dict
