"""`frappe.core.doctype.version.version`."""

from frappe_standalone.documents.versions import get_diff
