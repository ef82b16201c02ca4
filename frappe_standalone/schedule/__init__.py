"""The Scheduled Job Type rows, their controllers, and `frappe.utils.scheduler`."""
