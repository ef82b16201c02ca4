# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.documents.error_log import log_error as log_error

