"""`frappe.database.database`."""

from frappe_standalone.database.database import Database, savepoint
