# made by: python -m tests.stubs
from frappe_standalone.documents.renaming import rename_doc as rename_doc

