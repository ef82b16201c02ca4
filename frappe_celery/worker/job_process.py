"""One process of a worker, from its fork to its end: it runs jobs (`job_runner`), and puts right
what each left, or has a fork run it that knows of none before it (`forks`).

The worker's parent is told nothing: it reads this process's slot. It knows the process that took
the job, and kills that at a limit, with its forks.
"""

from __future__ import annotations

import logging
import os
import signal
from typing import Any

from billiard.compat import mem_rss
from celery.app.base import Celery
from celery.concurrency.prefork import process_destructor, process_initializer

from frappe_celery.jobs import get_store, providers
from frappe_celery.jobs.limits.fresh import Fresh
from frappe_celery.jobs.message import JobMessage
from frappe_celery.watch.logs import stacks
from frappe_celery.worker.between_jobs import BetweenJobs
from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.crew import let_go, resident
from frappe_celery.worker.forks import Forks
from frappe_celery.worker.job_runner import JobRunner
from frappe_celery.worker.member import Orders, Slot
from frappe_celery.worker.task import InHand

logger = logging.getLogger(__name__)


class JobProcess(JobRunner):
    """In a process of its own.

    Args:
        most_jobs, most_kilobytes: after which it ends, to be replaced; 0: never.
    """

    def __init__(self, *arguments: Any, most_jobs: int, most_kilobytes: int) -> None:
        super().__init__(*arguments)
        self._most_jobs = most_jobs
        self._most_kilobytes = most_kilobytes
        self._fresh: Fresh | None = None
        self._forks: Forks | None = None
        self._is_asked = False
        """Whether the job is to run in a fork."""

    def _is_worn(self) -> bool:
        if self.is_fit and self._has_run_enough():
            self.is_fit, about = False, (self.ended, mem_rss() >> 10)
            logger.info("after %d jobs, with %d MiB in memory, this process is replaced", *about)
        return not self.is_fit

    def _has_run_enough(self) -> bool:
        is_large = 0 < self._most_kilobytes < mem_rss()
        return self.ended > 0 and (is_large or 0 < self._most_jobs <= self.ended)

    def _keeps(self, message: JobMessage) -> bool:
        """Make ready for the first job: no process gets a seed later. One without, whose job needs
        one, gives that back, and ends; what it asked for and is not to run any more too."""
        is_first = self._fresh is None
        self._fresh = self._fresh or Fresh(get_store())
        self._is_asked = self._fresh.is_asked(message)
        if is_first and (self._is_asked or self._fresh.may_be_asked(self._orders.queues)):
            self._forks = Forks(self._run_in_fork)
        if self._is_asked and self._forks is None:
            text = "%s[%s] needs a process that has run no job: this one is replaced"
            logger.info(text, message.label, message.run)
            self.is_fit = False
        keeps = self.is_fit and not self._orders.stop and message.queue in self._orders.queues
        if not keeps:
            about = get_store(), self._consumer, self._held_as
            retry_while_unreachable(let_go, *about, began=False)
        return keeps

    def _outcome(self, in_hand: InHand) -> tuple[Any, ...]:
        assert self._fresh is not None
        if self._forks is not None and self._is_asked:
            return tuple(self._forks.run(in_hand, self._orders.events))
        self.between = self.between or BetweenJobs()
        return super()._outcome(in_hand)

    def _put_right(self, in_hand: InHand, everything: bool, deadline: float) -> None:
        """The next run is asked for first, where it need not wait for long: Redis finds it
        meanwhile."""
        assert self._fresh is not None
        if self._is_asked:
            return  # it ran in a fork
        self._orders.receive()
        leaves = self._orders.stop or not self.is_fit or self._has_run_enough()
        if self._orders.queues and not (leaves or everything):
            self._ask_ahead(self._orders.queues, deadline)
        super()._put_right(in_hand, everything, deadline)
        self._fresh.note(in_hand.message.label, self.is_fit)

    def _run_in_fork(self, in_hand: InHand, events: bool) -> tuple[Any, ...]:
        self._orders.events = events
        providers.leaving = self._orders.are_there
        self._trace(in_hand)
        return self._success(in_hand)


def be_one(
    app: Celery, hostname: str, consumer: str, slot: Slot, orders: Orders, **limits: int
) -> None:
    """Be the process, from its fork to its end."""
    os.setpgid(0, 0)  # a job that signals its group reaches itself and what it started
    orders.keep_hearing()
    with stacks.asked_later():
        process_initializer(app, hostname)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # its parent says when to stop
    at_start = resident(os.getpid())
    providers.limit_memory = lambda most: slot.limit_memory(
        most, max(0, resident(os.getpid()) - at_start) >> 20
    )
    providers.leaving = orders.asks_to_stop
    process = JobProcess(app, hostname, consumer, slot, orders, **limits)
    try:
        process.serve()
    finally:
        process.taker.close()
        process_destructor(os.getpid(), 0)
