"""A step of the worker that looks after who runs its jobs, more often than Celery does.

Celery looks for dead processes every 5 s; a death that it is told of it mostly cannot see yet.
Whether a job was stopped (`Job.stop`) is asked of the store, where it has ended already, so that an
order is neither lost on its way nor carried out on a job that ended by itself.
"""

from __future__ import annotations

from typing import Any

from frappe_celery.worker.bootsteps import Repeated
from frappe_celery.worker.runners import runners_of


class Processes(Repeated):
    """Sees deaths, kills what somebody stopped, passes on whether events are wanted."""

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
