"""`frappe.utils`: what task modules commonly call, each kind in a file of its own."""
