# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.jobs.rq_documents import RQJob as RQJob

