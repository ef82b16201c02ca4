"""`frappe.core.doctype.version`."""
