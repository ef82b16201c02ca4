"""`frappe.get_doc` and its siblings: documents, their controllers, meta, names and locks."""
