"""`frappe.core.doctype.scheduler_event`."""
