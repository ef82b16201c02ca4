"""`frappe.database.database`."""

from frappe_celery.hosts.standalone.database import Database, savepoint

__all__ = ["Database", "savepoint"]
