"""`frappe.rate_limiter`."""

from frappe_celery.hosts.standalone.site.calling import rate_limit
