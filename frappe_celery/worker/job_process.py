"""One process of a worker, from its fork to its end: it runs jobs (`JobLoop`), and puts right what
each left.

The worker's parent is told nothing: it reads this process's slot.
"""

from __future__ import annotations

import os
import signal
from typing import Any

from billiard.compat import mem_rss
from celery.app.base import Celery
from celery.concurrency.prefork import process_destructor, process_initializer

from frappe_celery.brokers.taker import Taken
from frappe_celery.config import settings
from frappe_celery.worker.between_jobs import BetweenJobs
from frappe_celery.worker.fresh_process import Forks
from frappe_celery.worker.job_runner import JobLoop
from frappe_celery.worker.member import Orders, Slot
from frappe_celery.worker.task import InHand


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
