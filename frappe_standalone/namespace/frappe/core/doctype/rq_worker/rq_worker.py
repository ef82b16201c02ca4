"""`frappe.core.doctype.rq_worker.rq_worker`."""

from frappe_standalone.jobs.rq_documents import RQWorker
