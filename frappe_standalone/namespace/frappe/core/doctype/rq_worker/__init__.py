"""`frappe.core.doctype.rq_worker`."""
