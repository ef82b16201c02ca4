"""`frappe.database.utils`."""

from frappe_celery.hosts.standalone.database.database import (
    dangerously_reconnect_on_connection_abort,
)
