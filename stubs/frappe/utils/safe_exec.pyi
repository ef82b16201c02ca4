# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.utils.safe_eval import safe_eval as safe_eval

