# made by: python -m tests.stubs
from frappe_standalone.documents.documents import delete_doc as delete_doc

