# made by: python -m tests.stubs
from frappe_standalone.documents.mapping import get_mapped_doc as get_mapped_doc
from frappe_standalone.documents.mapping import map_child_doc as map_child_doc
from frappe_standalone.documents.mapping import map_doc as map_doc

