# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.utils.frappedict import _dict as _dict

