"""`frappe.core.utils`."""

from frappe_celery.hosts.standalone.utils.lists import find, find_all, ljust_list
from frappe_celery.hosts.standalone.utils.markup import html2text

__all__ = ["find", "find_all", "html2text", "ljust_list"]
