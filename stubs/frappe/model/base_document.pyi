# made by: python -m tests.stubs
from frappe_standalone.documents.base_document import BaseDocument as BaseDocument
from frappe_standalone.documents.controllers import get_controller as get_controller

