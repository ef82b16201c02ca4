"""`frappe.core.doctype.version.version`."""

from frappe_celery.hosts.standalone.documents.versions import get_diff
