# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.documents.docstatus import DocStatus as DocStatus

