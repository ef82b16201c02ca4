"""Redis clients of the cache and of realtime events, one a URL."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import redis

from frappe_celery.host import connect_to_redis as connect

client: Callable[[str], redis.Redis] = cache(connect)
"""The client for a URL; connects when it is first used, in a forked process anew."""
