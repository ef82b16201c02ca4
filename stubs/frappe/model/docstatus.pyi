# made by: python -m tests.stubs
from frappe_standalone.documents.docstatus import DocStatus as DocStatus

