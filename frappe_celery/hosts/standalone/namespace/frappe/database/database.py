"""`frappe.database.database`."""

from frappe_celery.hosts.standalone.database.database import Database, savepoint
