"""`frappe.model.base_document`."""

from frappe_celery.hosts.standalone.documents.base_document import BaseDocument
from frappe_celery.hosts.standalone.documents.controllers import get_controller
