"""`frappe.core.doctype.user`."""
