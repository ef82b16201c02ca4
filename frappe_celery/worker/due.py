"""A step of the worker: hands scheduled jobs to their queues when their time has come."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store
from frappe_celery.jobs.queue.scheduled import promote

logger = logging.getLogger(__name__)

LONGEST_SECONDS = 1.0
"""How late a job may be queued that was scheduled for a time before the next look."""
SHORTEST_SECONDS = 0.01


class Promoter(bootsteps.StartStopStep):
    """Looks every second, and at the very moment when it knows that something is due."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        """Look at once, then again and again; called again after each reconnection."""
        self.stop(consumer)
        self._look(consumer)

    def stop(self, consumer: Any) -> None:
        entry = getattr(self, "entry", None)
        if entry is not None:
            entry.cancel()

    def _look(self, consumer: Any) -> None:
        wait = None
        try:
            wait = promote(get_store())
        except BrokerUnreachable as exc:
            logger.warning("scheduled jobs wait: %s", exc)
        seconds = LONGEST_SECONDS if wait is None else min(wait, LONGEST_SECONDS)
        self.entry = consumer.timer.call_after(
            max(seconds, SHORTEST_SECONDS), self._look, (consumer,)
        )
