"""`frappe.database`."""

from frappe_standalone.database.database import savepoint
