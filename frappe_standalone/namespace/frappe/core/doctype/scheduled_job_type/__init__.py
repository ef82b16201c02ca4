"""`frappe.core.doctype.scheduled_job_type`."""
