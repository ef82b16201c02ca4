"""`frappe.utils.file_lock`."""

from frappe_celery.hosts.standalone.exceptions import LockTimeoutError
from frappe_celery.hosts.standalone.locking import (
    check_lock,
    create_lock,
    delete_lock,
    get_lock_path,
    lock_age,
    lock_exists,
    release_document_locks,
)

__all__ = [
    "LockTimeoutError",
    "check_lock",
    "create_lock",
    "delete_lock",
    "get_lock_path",
    "lock_age",
    "lock_exists",
    "release_document_locks",
]
