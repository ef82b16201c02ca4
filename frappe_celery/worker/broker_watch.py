"""A step of the worker: leaves the marks by which the broker's losses are noticed."""

from __future__ import annotations

from typing import Any

from frappe_celery.brokers.heartbeat import BEAT_SECONDS
from frappe_celery.jobs import get_store
from frappe_celery.jobs.stats.losses import Watch
from frappe_celery.worker.bootsteps import Repeated


class BrokerWatch(Repeated):
    """Looks every few seconds, and at once after each reconnection."""

    seconds = BEAT_SECONDS

    def __init__(self, consumer: Any, **options: Any) -> None:
        self.watch: Watch | None = None
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        super().start(consumer)
        self.guarded(consumer)

    def tick(self, consumer: Any) -> None:
        self.watch = self.watch or Watch(get_store())
        self.watch.look()
