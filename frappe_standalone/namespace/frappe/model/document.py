"""`frappe.model.document`."""

from frappe_standalone.documents.controllers import get_controller
from frappe_standalone.documents.document import Document
from frappe_standalone.documents.documents import bulk_insert, get_doc
from frappe_standalone.documents.locking import execute_action, unlock_document
