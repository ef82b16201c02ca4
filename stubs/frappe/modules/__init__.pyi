# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.utils.text import scrub as scrub

