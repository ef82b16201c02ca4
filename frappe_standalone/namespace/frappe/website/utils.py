"""`frappe.website.utils`."""

from frappe_standalone.documents.naming import cleanup_page_name
