"""Which jobs get a process of their own, forked from one that has run none (`fresh_process`).

Those of a queue or a method that asks for it, and those of a method after whose jobs their process
had to be replaced, so many times running, until that is forgotten.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from contextlib import suppress
from functools import lru_cache

from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs.limits import declarations
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.options import of_method
from frappe_celery.jobs.record.store import JobStore

logger = logging.getLogger(__name__)

TIMES = 3
LEARNED = f"each of its jobs has a process of its own: that of {TIMES} running had to be replaced"


class Fresh:
    """What one process knows of it from its first job on."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._replaced: dict[str, int] = {}
        with suppress(BrokerUnreachable):
            self._replaced = replaced(store)
            said = Limits(store).declared().items()
            declarations.fresh.update(path for path, its in said if its.get("fresh_process"))
            declarations.fresh.update(learned(self._replaced))

    def may_be_asked(self, queues: Collection[str]) -> bool:
        """Whether jobs can be expected that need it, of these queues."""
        here = settings.current()
        said = [here.queues[queue].defaults for queue in queues if queue in here.queues]
        asking = any(one.fresh_process for one in (*said, *here.methods.values()))
        return asking or bool(declarations.fresh)

    def is_asked(self, message: JobMessage) -> bool:
        """Whether a job needs it, as far as is known without an import of its method."""
        return (label := message.label) in declarations.fresh or _asks(label, message.queue)

    def note(self, method: str, was_fit: bool) -> None:
        """A job of it has ended here, and its process goes on, or has to be replaced."""
        if was_fit and method not in self._replaced:
            return
        client, key = self._store.client, self._store.keys.replaced
        with suppress(BrokerUnreachable):
            if was_fit:
                del self._replaced[method]
                client.hdel(key, method)
            elif client.hincrby(key, method, 1) == TIMES:
                logger.warning("%s: %s", method, LEARNED)


@lru_cache(10_000)
def _asks(method: str, queue: str) -> bool:
    """What the configuration says of jobs of a method in a queue."""
    asked, of_queue = of_method(None, method), settings.current().queues.get(queue)
    return bool((asked.over(of_queue.defaults) if of_queue else asked).fresh_process)


def replaced(store: JobStore) -> dict[str, int]:
    """How often running, by method; raises BrokerUnreachable."""
    found = store.client.hgetall(store.keys.replaced)
    return {method.decode(): int(times) for method, times in found.items()}


def learned(times: dict[str, int]) -> list[str]:
    """Methods whose jobs therefore have a process of their own."""
    return sorted(method for method, number in times.items() if number >= TIMES)
