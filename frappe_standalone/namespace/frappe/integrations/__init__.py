"""`frappe.integrations`."""
