"""A line when the Redis behind frappe.cache is away, and one when it is back."""

from __future__ import annotations

import logging
import time
from typing import Any

from frappe_celery.config import settings
from frappe_celery.config.urls import same_server, without_password
from frappe_celery.watch import cache
from frappe_celery.worker.bootsteps import Repeated

logger = logging.getLogger(__name__)


class CacheWatch(Repeated):
    """Where that Redis is not the one that keeps the jobs, of which others tell."""

    seconds = 5.0
    at_once = True
    _since = 0.0

    def include_if(self, consumer: Any) -> bool:
        config = settings.current()
        url = config.redis_cache
        return bool(url) and not same_server(str(url), config.store_url)

    def tick(self, consumer: Any) -> None:
        """Ask it."""
        url = str(settings.current().redis_cache)
        why = cache.why_away(url)
        if why and not self._since:
            self._since = time.monotonic()
            logger.error("%s: jobs that use it fail or wait. %s", why, cache.way_out().capitalize())
        elif self._since and not why:
            seconds, self._since = time.monotonic() - self._since, 0.0
            shown = without_password(url)
            logger.warning(
                "the Redis behind frappe.cache, %s, is back, after %.0f s", shown, seconds
            )
