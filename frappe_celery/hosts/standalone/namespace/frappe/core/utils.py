"""`frappe.core.utils`."""

from frappe_celery.hosts.standalone.documents.documents import get_parent_doc
from frappe_celery.hosts.standalone.utils.lists import find, find_all, ljust_list
from frappe_celery.hosts.standalone.utils.markup import html2text
