"""`frappe.utils.background_jobs`."""

from frappe_celery.hosts.standalone.background_jobs import *  # noqa: F403
