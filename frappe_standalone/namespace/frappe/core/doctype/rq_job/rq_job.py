"""`frappe.core.doctype.rq_job.rq_job`."""

from frappe_standalone.jobs.rq_documents import RQJob
