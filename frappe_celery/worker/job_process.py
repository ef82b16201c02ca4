"""One process of a worker, from its fork to its end: it hears its parent's orders, takes and runs
jobs (see `job_runner`), puts right what each left, and waits where there is none.

The worker's parent is told nothing: it reads this process's slot.
"""

from __future__ import annotations

import logging
import os
import signal
from typing import Any

from billiard.compat import mem_rss
from celery.app.base import Celery
from celery.concurrency.prefork import process_destructor, process_initializer
from redis.exceptions import ResponseError

from frappe_celery.brokers.taker import WAIT_SECONDS, Taken
from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.worker.between_jobs import BetweenJobs
from frappe_celery.worker.fresh_process import Forks
from frappe_celery.worker.job_runner import JobRunner
from frappe_celery.worker.orders import Orders
from frappe_celery.worker.slot import Slot
from frappe_celery.worker.task import InHand

logger = logging.getLogger(__name__)

IDLE_SECONDS = 1
"""How long no job has come before what jobs left is looked for everywhere."""
AGAIN_SECONDS = 1.0
"""How soon a broker that is away is asked again."""


class JobLoop(JobRunner):
    """Takes runs as its orders say, until it is told to stop."""

    def __init__(
        self, app: Celery, hostname: str, consumer: str, slot: Slot, orders: Orders
    ) -> None:
        super().__init__(app, hostname, consumer, slot)
        self._orders = orders

    def serve(self) -> None:
        """Until the end."""
        while True:
            self._orders.receive()
            self.events = self._orders.events
            leaves = self._orders.stop or self._is_worn()
            queues = () if leaves else self._orders.queues
            if queues or self.has_ended_one:
                taken = self._take_at_last(queues)
                if taken is not None:
                    self.run(taken)
                    continue
            if leaves:
                self.close()
                return
            if not self._orders.stop:
                self._wait(queues)

    def _is_worn(self) -> bool:
        return False

    def _take_at_last(self, queues: tuple[str, ...]) -> Taken | None:
        while True:
            try:
                return self.take(queues)
            except (BrokerUnreachable, ResponseError) as exc:
                if isinstance(exc, ResponseError):  # somebody wrote to our keys
                    logger.error("no job can be fetched: %s", exc)
                else:
                    logger.warning("waiting for the broker: %s", exc)
                self._orders.receive(AGAIN_SECONDS)
                queues = () if self._orders.stop else self._orders.queues
                if self._orders.stop and not self.has_ended_one:
                    return None  # what it may have claimed its worker gives back

    def _wait(self, queues: tuple[str, ...]) -> None:
        if not queues:
            self._orders.receive(None)
            return
        seconds = WAIT_SECONDS if self.is_looked_through else IDLE_SECONDS
        try:
            if not self.taker.wait(queues, self._orders.reader, seconds):
                self.look_through()
        except (BrokerUnreachable, ResponseError) as exc:  # a master has become a replica
            logger.warning("waiting for the broker: %s", exc)
            self._orders.receive(AGAIN_SECONDS)


class JobProcess(JobLoop):
    """In a process of its own.

    Args:
        most_jobs, most_kilobytes: after which it ends, to be replaced; 0: never.
    """

    def __init__(self, *arguments: Any, most_jobs: int, most_kilobytes: int) -> None:
        super().__init__(*arguments)
        self._most_jobs = most_jobs
        self._most_kilobytes = most_kilobytes
        self.between = BetweenJobs()
        self._forks = Forks(self._run_in_fork)

    def _is_worn(self) -> bool:
        if not self.is_fit or (self._most_jobs and self.ended >= self._most_jobs):
            return True
        return bool(self._most_kilobytes) and self.ended > 0 and mem_rss() > self._most_kilobytes

    def _wait(self, queues: tuple[str, ...]) -> None:
        self._forks.rest()
        super()._wait(queues)

    def _outcome(self, taken: Taken, in_hand: InHand) -> tuple[Any, ...]:
        queue = settings.current().queues.get(taken.queue)
        if queue is None or not queue.fresh_process:
            return super()._outcome(taken, in_hand)
        success: tuple[Any, ...] = self._forks.run(taken, in_hand, self.events)
        return success

    def _run_in_fork(self, taken: Taken, in_hand: InHand, events: bool) -> tuple[Any, ...]:
        self.events = events
        self._trace(taken, in_hand)
        return self._success(taken, in_hand)


def be_one(
    app: Celery, hostname: str, consumer: str, slot: Slot, orders: Orders, **limits: int
) -> None:
    """Be the process, from its fork to its end."""
    orders.keep_hearing()
    process_initializer(app, hostname)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # its parent says when to stop
    process = JobProcess(app, hostname, consumer, slot, orders, **limits)
    try:
        process.serve()
    finally:
        process.close()
        process_destructor(os.getpid(), 0)
