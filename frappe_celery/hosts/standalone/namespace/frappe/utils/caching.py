"""`frappe.utils.caching`."""

from frappe_celery.hosts.standalone.cache.caching import redis_cache, request_cache, site_cache
