"""`frappe.website.utils`."""

from frappe_celery.hosts.standalone.documents.naming import cleanup_page_name
