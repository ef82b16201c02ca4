"""`frappe.utils.file_manager`."""

from frappe_standalone.documents.files import (
    MaxFileSizeReachedError,
    check_max_file_size,
    get_content_hash,
    get_file,
    get_file_name,
    get_file_path,
    get_max_file_size,
    is_safe_path,
    remove_all,
    remove_file,
    save_file,
    save_url,
)
