"""`frappe.cache` and functions whose answers are kept, on Redis."""
