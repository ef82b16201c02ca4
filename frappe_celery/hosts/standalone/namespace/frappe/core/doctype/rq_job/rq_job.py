"""`frappe.core.doctype.rq_job.rq_job`."""

from frappe_celery.hosts.standalone.jobs.rq_documents import RQJob
