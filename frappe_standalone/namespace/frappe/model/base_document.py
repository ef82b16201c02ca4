"""`frappe.model.base_document`."""

from frappe_standalone.documents.base_document import BaseDocument
from frappe_standalone.documents.controllers import get_controller
