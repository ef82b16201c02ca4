# made by: python -m tests.stubs
from frappe_standalone.documents.documents import get_doctype_map as get_doctype_map

