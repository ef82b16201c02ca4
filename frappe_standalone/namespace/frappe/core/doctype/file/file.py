"""`frappe.core.doctype.file.file`."""

from frappe_standalone.documents.files import File, MaxFileSizeReachedError
