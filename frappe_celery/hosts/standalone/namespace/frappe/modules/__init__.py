"""`frappe.modules`."""

from frappe_celery.hosts.standalone.utils.text import scrub
