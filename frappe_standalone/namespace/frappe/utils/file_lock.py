"""`frappe.utils.file_lock`."""

from frappe_standalone.documents.locking import (
    check_lock,
    create_lock,
    delete_lock,
    get_lock_path,
    lock_age,
    lock_exists,
    release_document_locks,
)
from frappe_standalone.exceptions import LockTimeoutError
