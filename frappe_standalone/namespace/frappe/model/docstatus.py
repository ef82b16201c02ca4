"""`frappe.model.docstatus`."""

from frappe_standalone.documents.docstatus import DocStatus
