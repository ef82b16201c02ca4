# made by: python -m tests.stubs
from frappe_standalone.documents.error_log import log_error as log_error

