"""`frappe.model.docstatus`."""

from frappe_celery.hosts.standalone.documents.docstatus import DocStatus
