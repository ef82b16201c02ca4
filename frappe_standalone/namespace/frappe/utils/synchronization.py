"""`frappe.utils.synchronization`."""

from frappe_standalone.documents.filelocks import filelock
from frappe_standalone.exceptions import LockTimeoutError
