"""`frappe.utils.formatters`."""

from frappe_standalone.utils.formatters import format_value
