"""`frappe.model.mapper`."""

from frappe_celery.hosts.standalone.documents.mapping import get_mapped_doc, map_child_doc, map_doc
