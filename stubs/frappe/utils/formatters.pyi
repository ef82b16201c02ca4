# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.utils.formatters import format_value as format_value

