"""`frappe.utils.caching`."""

from frappe_standalone.cache.caching import redis_cache, request_cache, site_cache
