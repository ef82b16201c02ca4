"""`frappe.database.utils`."""

from frappe_standalone.database.database import (
    dangerously_reconnect_on_connection_abort,
)
