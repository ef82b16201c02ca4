"""`frappe.core.doctype.file.file`."""

from frappe_celery.hosts.standalone.documents.files import File, MaxFileSizeReachedError
