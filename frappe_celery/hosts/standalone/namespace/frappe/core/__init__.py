"""`frappe.core`."""
