"""`frappe.model.mapper`."""

from frappe_standalone.documents.mapping import get_mapped_doc, map_child_doc, map_doc
