"""`frappe.model.delete_doc`."""

from frappe_celery.hosts.standalone.documents.documents import delete_doc
