"""`frappe.utils.synchronization`."""

from frappe_celery.hosts.standalone.exceptions import LockTimeoutError
from frappe_celery.hosts.standalone.site.filelocks import filelock

__all__ = ["LockTimeoutError", "filelock"]
