"""`frappe.utils.synchronization`."""

from frappe_celery.hosts.standalone.documents.filelocks import filelock
from frappe_celery.hosts.standalone.exceptions import LockTimeoutError
