# made by: python -m tests.stubs
from frappe_standalone.database.errors import dangerously_reconnect_on_connection_abort as dangerously_reconnect_on_connection_abort

