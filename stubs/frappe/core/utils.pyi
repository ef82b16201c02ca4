# made by: python -m tests.stubs
from frappe_standalone.utils.lists import find as find
from frappe_standalone.utils.lists import find_all as find_all
from frappe_standalone.documents.documents import get_parent_doc as get_parent_doc
from frappe_standalone.utils.text import html2text as html2text
from frappe_standalone.utils.lists import ljust_list as ljust_list

