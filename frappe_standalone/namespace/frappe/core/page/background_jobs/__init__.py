"""`frappe.core.page.background_jobs`."""
