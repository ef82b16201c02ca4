# made by: python -m tests.stubs
from frappe_standalone.exceptions import LockTimeoutError as LockTimeoutError
from frappe_standalone.documents.locking import check_lock as check_lock
from frappe_standalone.documents.locking import create_lock as create_lock
from frappe_standalone.documents.locking import delete_lock as delete_lock
from frappe_standalone.documents.locking import get_lock_path as get_lock_path
from frappe_standalone.documents.locking import lock_age as lock_age
from frappe_standalone.documents.locking import lock_exists as lock_exists
from frappe_standalone.documents.locking import release_document_locks as release_document_locks

