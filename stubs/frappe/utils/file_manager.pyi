# made by: python -m tests.stubs
from frappe_standalone.documents.files import MaxFileSizeReachedError as MaxFileSizeReachedError
from frappe_standalone.documents.files import check_max_file_size as check_max_file_size
from frappe_standalone.documents.files import get_content_hash as get_content_hash
from frappe_standalone.documents.files import get_file as get_file
from frappe_standalone.documents.files import get_file_name as get_file_name
from frappe_standalone.documents.files import get_file_path as get_file_path
from frappe_standalone.documents.files import get_max_file_size as get_max_file_size
from frappe_standalone.documents.files import is_safe_path as is_safe_path
from frappe_standalone.documents.files import remove_all as remove_all
from frappe_standalone.documents.files import remove_file as remove_file
from frappe_standalone.documents.files import save_file as save_file
from frappe_standalone.documents.files import save_url as save_url

