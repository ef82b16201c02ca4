"""`frappe.model.rename_doc`."""

from frappe_standalone.documents.renaming import rename_doc
