# made by: python -m tests.stubs
from frappe_standalone.cache.cache import redis_cache as redis_cache
from frappe_standalone.cache.cache import request_cache as request_cache
from frappe_standalone.cache.cache import site_cache as site_cache

