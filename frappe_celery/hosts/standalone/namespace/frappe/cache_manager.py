"""`frappe.cache_manager`."""

from frappe_celery.hosts.standalone.documents.documents import get_doctype_map
