"""`frappe.core.page`."""
