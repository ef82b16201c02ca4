# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.documents.meta import Meta as Meta
from frappe_celery.hosts.standalone.documents.meta import get_meta as get_meta

