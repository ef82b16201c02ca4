"""`frappe.model.rename_doc`."""

from frappe_celery.hosts.standalone.documents.renaming import rename_doc
