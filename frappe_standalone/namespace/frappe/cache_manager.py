"""`frappe.cache_manager`."""

from frappe_standalone.documents.documents import get_doctype_map
