"""`frappe.model.meta`."""

from frappe_celery.hosts.standalone.documents.meta import Meta, get_meta

__all__ = ["Meta", "get_meta"]
