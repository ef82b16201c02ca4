"""`frappe.rate_limiter`."""

from frappe_standalone.site.calling import rate_limit
