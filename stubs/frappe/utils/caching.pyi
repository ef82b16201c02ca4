# made by: python -m tests.stubs
from frappe_standalone.cache.caching import redis_cache as redis_cache
from frappe_standalone.cache.caching import request_cache as request_cache
from frappe_standalone.cache.caching import site_cache as site_cache

