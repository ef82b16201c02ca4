"""`frappe.exceptions`."""

from frappe_celery.hosts.standalone.exceptions import *
