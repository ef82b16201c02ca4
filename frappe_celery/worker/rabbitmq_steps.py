"""Steps of the worker that only RabbitMQ needs."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps
from celery.worker import state

from frappe_celery.jobs import get_store
from frappe_celery.jobs.lease import Lease
from frappe_celery.worker.bootsteps import TASKS_STEP, Repeated

logger = logging.getLogger(__name__)


class Room(bootsteps.StartStopStep):
    """One task a process, none held behind one that runs."""

    requires = (TASKS_STEP,)

    def start(self, consumer: Any) -> None:
        """Once there is a consumer: from now on it asks."""
        pool = consumer.pool
        green = type(pool).__module__.rpartition(".")[2] in ("gevent", "eventlet")

        def has_room() -> bool:
            most = pool.limit if green else pool.num_processes
            return len(state.reserved_requests) < int(most)

        consumer.task_consumer.channel.has_room = has_room


class Forwarder(Repeated):
    """Sends what nobody sent (its process died, or RabbitMQ was away), and wakes a process for what
    waits in RabbitMQ: the one that was woken for it may have died."""

    seconds = 1.0

    def __init__(self, consumer: Any, **options: Any) -> None:
        self.seen: set[str] = set()
        super().__init__(consumer, **options)

    def tick(self, consumer: Any) -> None:
        """What stood in the outbox the last time too; the rest its own process may be sending."""
        store = get_store()
        outbox = store.outbox
        if outbox is None:
            return
        left = outbox.left(store.settings.queues)
        waiting = [run for run in left if run in self.seen]
        if Lease(store, f"{store.keys.prefix}forwarding", self.seconds).take():
            outbox.take_over()
            if waiting:
                logger.info("%d jobs that stood in the outbox go to RabbitMQ", len(waiting))
                outbox.forward(waiting)
            for queue in store.settings.queues:
                if outbox.waiting_if_known(queue):
                    outbox.ring(queue)
        self.seen = set(left)


STEPS = (Room, Forwarder)
