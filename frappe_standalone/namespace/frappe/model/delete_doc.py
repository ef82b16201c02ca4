"""`frappe.model.delete_doc`."""

from frappe_standalone.documents.documents import delete_doc
