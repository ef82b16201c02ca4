"""A step of a bench's worker: what waits in RQ, where none of RQ's workers serves, comes over.

A bench is switched over process by process, and what one enqueues that was not restarted yet goes
to RQ. `frappe-celery move` is run for it, a process of its own: thousands of jobs take seconds.
"""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import Any

from frappe_celery.config import settings
from frappe_celery.jobs import get_store, hosts
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.worker.bootsteps import Repeated

logger = logging.getLogger(__name__)

ALONE_SECONDS = 10
"""How long no other worker of the bench does the same."""


class BringOver(Repeated):
    """Looks every few seconds; what had to stay is not tried again until its number changes."""

    seconds = 5.0

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._moving: subprocess.Popen[str] | None = None
        self._queue = ""
        self._stayed: dict[str, int] = {}
        super().__init__(consumer, **options)

    def include_if(self, consumer: Any) -> bool:
        """Only where jobs of the bench go to Celery."""
        return hosts.is_bench() and settings.current().frappe_celery_enabled

    def tick(self, consumer: Any) -> None:
        """One queue after the other."""
        from frappe_celery.hosts.bench import leftovers  # imports Frappe

        if self._moving is not None and self._moving.poll() is None:
            return
        waiting = {left.queue: left.waiting for left in leftovers.by_queue() if not left.served}
        if self._moving is not None:
            self._tell(self._moving)
            self._moving = None
            self._stayed[self._queue] = waiting.get(self._queue, 0)
        for queue, number in waiting.items():
            if number != self._stayed.get(queue) and self._is_mine():
                self._queue = queue
                self._moving = subprocess.Popen(
                    [sys.executable, "-m", "frappe_celery.cli", "move", "--queue", queue],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    text=True,
                )
                return

    def _is_mine(self) -> bool:
        store = get_store()
        key = f"{store.keys.prefix}bringing_over"
        with naming_the_server(store.url):
            return bool(store.client.set(key, "1", nx=True, ex=ALONE_SECONDS))

    def _tell(self, ended: subprocess.Popen[str]) -> None:
        said = ended.communicate()[0].strip()
        level = logging.WARNING if ended.returncode else logging.INFO
        logger.log(level, "from RQ's queue %s: %s", self._queue, said)
