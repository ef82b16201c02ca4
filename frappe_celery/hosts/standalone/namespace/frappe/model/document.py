"""`frappe.model.document`."""

from frappe_celery.hosts.standalone.documents.controllers import get_controller
from frappe_celery.hosts.standalone.documents.document import Document
from frappe_celery.hosts.standalone.documents.documents import bulk_insert, get_doc
from frappe_celery.hosts.standalone.documents.locking import execute_action, unlock_document
