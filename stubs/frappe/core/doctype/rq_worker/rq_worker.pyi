# made by: python -m tests.stubs
from frappe_celery.hosts.standalone.jobs.rq_documents import RQWorker as RQWorker

