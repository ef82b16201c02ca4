# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.exceptions import LockTimeoutError as LockTimeoutError
from frappe_celery.hosts.standalone.documents.filelocks import filelock as filelock

