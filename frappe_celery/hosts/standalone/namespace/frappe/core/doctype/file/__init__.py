"""`frappe.core.doctype.file`."""
