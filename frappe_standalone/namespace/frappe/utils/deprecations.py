"""`frappe.utils.deprecations`."""

from frappe_standalone.utils.deprecation import deprecated
