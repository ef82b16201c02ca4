"""`frappe.core.doctype`."""
