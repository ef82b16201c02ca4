"""A step of the worker: twice a second who runs its jobs is looked after (`pool.look_after`).

Celery looks for dead processes every 5 s; a death that it is told of it mostly cannot see yet.
"""

from __future__ import annotations

from typing import Any

from frappe_celery.worker.bootsteps import Repeated
from frappe_celery.worker.runners import runners_of


class Processes(Repeated):
    """Also passes on whether events are wanted, and lets the pool grow or shrink."""

    seconds = 0.5

    def include_if(self, consumer: Any) -> bool:
        """Only where the worker runs jobs."""
        return runners_of(consumer.controller) is not None

    def tick(self, consumer: Any) -> None:
        runners = runners_of(consumer.controller)
        assert runners is not None
        runners.look_after()
        events = consumer.event_dispatcher  # None without gossip and heartbeat
        if events is not None:
            runners.send_events(events.enabled and (not events.groups or "task" in events.groups))
        if consumer.controller.autoscaler is not None:
            consumer.controller.autoscaler.maybe_scale()
