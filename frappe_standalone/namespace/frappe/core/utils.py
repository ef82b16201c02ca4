"""`frappe.core.utils`."""

from frappe_standalone.documents.documents import get_parent_doc
from frappe_standalone.utils.lists import find, find_all, ljust_list
from frappe_standalone.utils.markup import html2text
