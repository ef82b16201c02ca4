"""One process of a worker: it takes a run, runs it, says how it ended and takes the next.

Celery's own tracer runs it, so that signals, logs and whoever listens to them (Sentry,
OpenTelemetry) see what they see of any task. The worker's parent is told nothing: it reads this
process's slot.
"""

from __future__ import annotations

import contextvars
import logging
import os
import signal
import time
from typing import Any

from billiard.compat import mem_rss
from celery.app.base import Celery
from celery.app.trace import LOG_RECEIVED
from celery.concurrency.prefork import process_destructor, process_initializer
from redis.exceptions import ResponseError

from frappe_celery import canvas
from frappe_celery.brokers.taker import Ended, Taken, Taker
from frappe_celery.brokers.takers import taker_of
from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError
from frappe_celery.jobs import JobStatus, JobStore, get_store, hosts
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.publish import TASK_NAME, task_headers
from frappe_celery.jobs.workers import tag
from frappe_celery.worker.between_jobs import BetweenJobs
from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.fresh_process import Forks
from frappe_celery.worker.orders import Orders
from frappe_celery.worker.slot import Doing, Slot
from frappe_celery.worker.task import TAKEN, InHand
from frappe_celery.worker.task_events import TaskEvents

logger = logging.getLogger(__name__)
received = logging.getLogger("celery.worker.strategy")
"""The logger that Celery's own workers tell of a received task with."""

IDLE_SECONDS = 1
"""How long no job has come before what jobs left is looked for everywhere."""
AGAIN_SECONDS = 1.0
"""How soon a broker that is away is asked again."""


class JobProcess:
    """The process's loop.

    Args:
        hostname: of the worker, Celery's node name.
        consumer: the worker's name among those who hold runs.
        most_jobs, most_kilobytes: after which it ends, to be replaced; 0: never.
    """

    def __init__(
        self,
        app: Celery,
        hostname: str,
        consumer: str,
        slot: Slot,
        orders: Orders,
        most_jobs: int = 0,
        most_kilobytes: int = 0,
    ) -> None:
        self._app = app
        self._hostname = hostname
        self._consumer = consumer
        self._slot = slot
        self._orders = orders
        self._most_jobs = most_jobs
        self._most_kilobytes = most_kilobytes
        self._events = TaskEvents(app, hostname)
        self._number = 0
        self._ended = 0
        self._is_fit = True
        self._forks = Forks(self._run_in_fork)

    def __call__(self) -> None:
        """Be the process, from its fork to its end."""
        self._orders.keep_hearing()
        process_initializer(self._app, self._hostname)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # its parent says when to stop
        try:
            self._serve(get_store())
        finally:
            self._events.close()
            process_destructor(os.getpid(), 0)

    def _serve(self, store: JobStore) -> None:
        self._between = BetweenJobs()
        taker = taker_of(store, self._consumer, self._hostname)
        ended = Ended()
        while True:
            self._orders.receive()
            leaves = self._orders.stop or self._is_worn()
            queues = () if leaves else self._orders.queues
            if queues or ended.tag:
                taken = self._take(taker, queues, ended)
                ended = Ended()
                if taken is not None:
                    ended = self._run(store, taken)
                    continue
            if leaves:
                taker.close()
                return
            if not self._orders.stop:
                self._forks.rest()
                self._wait(taker, queues)

    def _is_worn(self) -> bool:
        if not self._is_fit:
            return True
        if self._most_jobs and self._ended >= self._most_jobs:
            return True
        return bool(self._most_kilobytes) and self._ended > 0 and mem_rss() > self._most_kilobytes

    def _tag(self) -> str:
        return tag(self._consumer, os.getpid(), self._number)

    def _take(self, taker: Taker, queues: tuple[str, ...], ended: Ended) -> Taken | None:
        self._number += 1
        held_as = self._tag() if queues else ""
        self._slot.write(Doing.ASKS, self._number, self._ended)
        while True:
            try:
                taken = taker.take(held_as, queues, ended)
            except (BrokerUnreachable, ResponseError) as exc:
                if isinstance(exc, ResponseError):  # somebody wrote to our keys
                    logger.error("no job can be fetched: %s", exc)
                else:
                    logger.warning("waiting for the broker: %s", exc)
                self._orders.receive(AGAIN_SECONDS)
                if self._orders.stop:
                    queues = ()  # what it may have claimed is asked for all the same
                    if not ended.tag:
                        return None  # its parent gives that back
            else:
                break
        if taken is None:
            self._slot.write(Doing.NOTHING, self._number, self._ended)
        else:
            self._slot.write(Doing.HOLDS, self._number, self._ended, run=taken.run)
        return taken

    def _wait(self, taker: Taker, queues: tuple[str, ...]) -> None:
        if not queues:
            self._orders.receive(None)
            return
        try:
            if self._between.is_looked_through:
                taker.wait(queues, self._orders.reader)
            elif not taker.wait(queues, self._orders.reader, IDLE_SECONDS):
                self._is_fit = self._between.look_through() and self._is_fit
        except BrokerUnreachable as exc:
            logger.warning("waiting for the broker: %s", exc)
            self._orders.receive(AGAIN_SECONDS)

    def _run(self, store: JobStore, taken: Taken) -> Ended:
        try:
            message = JobMessage.open(store.signer, taken.sealed, taken.run)
        except FrappeCeleryError as exc:
            logger.error("refused a message from queue %s: %s", taken.queue, exc)
            retry_while_unreachable(
                store.refuse, taken.queue, taken.run, str(exc), JobStatus.STARTED
            )
            return Ended(self._tag())
        deadline = time.monotonic() + message.timeout if message.timeout > 0 else 0.0
        self._slot.write(Doing.RUNS, self._number, self._ended, time.time(), deadline, taken.run)
        in_hand = InHand(message, taken.sealed)
        queue = store.settings.queues.get(taken.queue)
        if queue is not None and queue.fresh_process:
            success = self._forks.run(taken, in_hand, self._orders.events)
            self._ended += 1
            return Ended(self._tag(), *success)
        contextvars.copy_context().run(self._run_in_context, taken, in_hand)
        self._ended += 1
        everything = queue is not None and queue.full_comparison
        fit = self._between.put_right(f"{message.label}[{taken.run}]", everything)
        self._is_fit = fit and self._is_fit
        return Ended(self._tag(), *self._success(taken, in_hand))

    def _run_in_context(self, taken: Taken, in_hand: InHand) -> None:
        """In a copy of the process's context: what the job sets is gone with it. A value that can
        change, as `frappe.local` from 16 on, would be the next job's too."""
        hosts.current().leave_site()
        self._trace(taken, in_hand)

    def _run_in_fork(self, taken: Taken, in_hand: InHand, events: bool) -> tuple[Any, ...]:
        self._orders.events = events
        self._trace(taken, in_hand)
        return self._success(taken, in_hand)

    def _success(self, taken: Taken, in_hand: InHand) -> tuple[Any, ...]:
        """What is to be recorded of it; nothing of a failure, which has been recorded."""
        if not in_hand.succeeded:
            return ()
        return taken.run, get_store().result_fields(taken.run, in_hand.result)

    def _trace(self, taken: Taken, in_hand: InHand) -> None:
        headers = task_headers(in_hand.message)
        request = {
            "correlation_id": taken.run,
            "reply_to": "",
            **headers,
            "hostname": self._hostname,
            "is_eager": False,
            "delivery_info": {"exchange": "", "routing_key": taken.queue, "redelivered": False},
            "properties": {TAKEN: in_hand},
        }
        about = {"id": headers["id"], "name": in_hand.message.label}
        received.info(LOG_RECEIVED, about, extra={"data": about})
        if self._orders.events:
            self._events.begin(in_hand.message.label, headers)
        began = time.monotonic()
        try:
            traced = self._app.tasks[TASK_NAME].__trace__(headers["id"], (), {}, request)
            if self._orders.events:
                self._events.end(headers["id"], traced)
        except SystemExit as exc:
            canvas.died(in_hand.message, RuntimeError(f"ended its process: {exc!r}"))
            logger.warning("%s[%s] ended its process", in_hand.message.label, taken.run)
            self._is_fit = False
        self._slot.count(in_hand.succeeded, time.monotonic() - began)
