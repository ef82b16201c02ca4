"""`frappe.core.doctype.rq_job`."""
