# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.utils.deprecation import deprecated as deprecated

