"""`frappe.website`."""
