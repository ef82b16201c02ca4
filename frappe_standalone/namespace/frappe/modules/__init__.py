"""`frappe.modules`."""

from frappe_standalone.utils.text import scrub
