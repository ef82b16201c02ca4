# made by: python -m tests.stubs
from frappe_standalone.jobs.rq_documents import RQJob as RQJob

