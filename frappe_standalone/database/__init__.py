"""`frappe.db` and what is below it: a visit's transaction, documents as rows, Django's tables."""
