# made by: python -m tests.stubs
from frappe_standalone.exceptions import LockTimeoutError as LockTimeoutError
from frappe_standalone.documents.locking import filelock as filelock

