"""`frappe.database`."""

from frappe_celery.hosts.standalone.database.database import savepoint
