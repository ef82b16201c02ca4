"""`frappe.utils.background_jobs`."""

from frappe_celery.hosts.standalone.jobs.background_jobs import *
