"""Takes a run, runs it, records how it ended and takes the next: one process's part, or a thread's.

It hears orders, does these one after another, and waits where there is no job (`serve`); solo,
whose loop has other work too, has it do each.

Celery's own tracer runs it, so that signals, logs and whoever listens to them (Sentry,
OpenTelemetry) see what they see of any task. What it does stands in its slot, for whoever started
it to read.
"""

from __future__ import annotations

import contextvars
import logging
import threading
import time
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from celery.app.base import Celery
from celery.app.trace import LOG_RECEIVED
from celery.states import RETRY
from celery.utils.saferepr import saferepr
from redis.exceptions import ResponseError

from frappe_celery import canvas
from frappe_celery.brokers.taker import WAIT_SECONDS, Ended, Taken, Taker
from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable, FrappeCeleryError
from frappe_celery.jobs import JobStatus, JobStore, get_store, hosts
from frappe_celery.jobs.job import message_in_hand
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.publish import TASK_NAME, task_headers
from frappe_celery.jobs.workers import tag
from frappe_celery.worker.between_jobs import BetweenJobs
from frappe_celery.worker.broker_retry import Outage, retry_while_unreachable
from frappe_celery.worker.member import Doing, Orders, Slot
from frappe_celery.worker.task import TAKEN, InHand

logger = logging.getLogger(__name__)
received = logging.getLogger("celery.worker.strategy")
"""Of whoever receives a message."""
WAITING = "waiting for the broker"
IDLE_SECONDS = 1
"""How long no job has come before what jobs left is looked for everywhere."""
AGAIN_SECONDS = 1.0
"""How soon a broker that is away is asked again."""


class JobRunner:
    """Takes runs as its orders say, until it is told to stop.

    Made where it runs: in the process, the thread.

    Args:
        hostname: of the worker, Celery's node name.
        consumer: the worker's name among those who hold runs.
    """

    def __init__(
        self, app: Celery, hostname: str, consumer: str, slot: Slot, orders: Orders
    ) -> None:
        self._app = app
        self._hostname = hostname
        self._consumer = consumer
        self._slot = slot
        self._orders = orders
        self.outage = Outage()
        self._thread = threading.get_native_id()  # of a process's main thread its own id
        self.taker = taker_of(get_store(), consumer, hostname)
        self._events = TaskEvents(app, hostname)
        self._number = slot.read().number
        self._asks = False
        self._held_as = ""
        self._had = Ended()
        self.ended = 0
        """How many runs have ended here."""
        self.between: BetweenJobs | None = None
        """What puts right what each job left; None: it stays."""
        self.is_fit = True
        """False: a job left what cannot be put back, or tried to end the process."""

    @property
    def has_ended_one(self) -> bool:
        """Whether a run is still to be recorded, or let go."""
        return bool(self._had.tag)

    def take(self, queues: tuple[str, ...]) -> Taken | None:
        """Record the run before and claim the next one (no queues: none).

        Raises:
            BrokerUnreachable, ResponseError: to be called again; what was claimed before the answer
                was lost is given then, also without queues.
        """
        if not self._asks:
            self._begin_to_ask(queues)
        if not self._held_as:
            queues = ()  # what it asked for at first: a run of theirs would be held under no tag
        taken = self.taker.take(self._held_as, queues, self._had)
        self._asks, self._had = False, Ended()
        if taken is None:
            self._slot.write(Doing.NOTHING, self._number, self.ended)
        else:
            self._slot.write(Doing.HOLDS, self._number, self.ended, run=taken.run)
        return taken

    def _begin_to_ask(self, queues: tuple[str, ...], deadline: float = 0.0) -> None:
        self._number += 1
        self._held_as = tag(self._consumer, self._thread, self._number) if queues else ""
        self._slot.write(Doing.ASKS, self._number, self.ended, deadline=deadline)
        self._asks = True

    def _ask_ahead(self, queues: tuple[str, ...], deadline: float) -> None:
        """What `take` is called for next; until then the last job's time goes on."""
        self._begin_to_ask(queues, deadline)
        self.taker.ask(self._held_as, queues, self._had)

    def run(self, taken: Taken) -> None:
        """Run it; how it ended is recorded with the next `take`."""
        self._had = Ended(self._held_as)
        store = self.taker.store
        try:
            message = taken.open(store.signer)
        except FrappeCeleryError as exc:
            logger.error("refused a message from queue %s: %s", taken.queue, exc)
            retry_while_unreachable(
                store.refuse, taken.queue, taken.run, str(exc), JobStatus.STARTED
            )
            return
        if not self._keeps(message):
            self._had = Ended()
            self._slot.write(Doing.NOTHING, self._number, self.ended)
            return
        deadline = time.monotonic() + message.timeout if message.timeout > 0 else 0.0
        self._slot.write(Doing.RUNS, self._number, self.ended, time.time(), deadline, taken.run)
        in_hand = InHand(message, taken, (self._consumer, self._held_as))
        self._had = Ended(self._held_as, *self._outcome(in_hand))
        self.ended += 1
        if self.between is not None:
            queue = settings.current().queues.get(message.queue)
            everything = queue is not None and queue.full_comparison
            self._put_right(in_hand, everything, deadline)

    def _keeps(self, message: JobMessage) -> bool:
        """Whether it can be run here; else it was given back."""
        return True

    def _outcome(self, in_hand: InHand) -> tuple[Any, ...]:
        """What is to be recorded of it; nothing of a failure, which has been recorded."""
        contextvars.copy_context().run(self._run_in_context, in_hand)
        return self._success(in_hand)

    def _put_right(self, in_hand: InHand, everything: bool, deadline: float) -> None:
        """What it left in the process; with `everything` all is looked through for it."""
        assert self.between is not None
        message = in_hand.message
        label = f"{message.label}[{message.run}]"
        fit = self.between.put_right(label, message.kind, in_hand.succeeded, everything)
        self.is_fit = fit and self.is_fit

    def _run_in_context(self, in_hand: InHand) -> None:
        """In a copy of the process's context: what the job sets is gone with it. A value that can
        change, as `frappe.local` from 16 on, would be the next job's too."""
        hosts.current().leave_site()
        message_in_hand.set(in_hand.message)
        self._trace(in_hand)

    def _success(self, in_hand: InHand) -> tuple[Any, ...]:
        if not in_hand.succeeded:
            return ()
        run = in_hand.taken.run
        return run, self.taker.store.result_fields(run, in_hand.result)

    def _trace(self, in_hand: InHand) -> None:
        message, taken = in_hand.message, in_hand.taken
        headers = task_headers(message)
        request = {
            "correlation_id": taken.run,
            "reply_to": "",
            **headers,
            "hostname": self._hostname,
            "is_eager": False,
            "delivery_info": {
                "exchange": "",
                "routing_key": taken.queue,
                "redelivered": message.deliveries > 1,
            },
            "properties": {TAKEN: in_hand},
        }
        if not (message.headers or message.canvas):
            request["headers"] = {}  # else Celery searches the request for some: 7 µs
        about = {"id": taken.run, "name": headers["shadow"]}
        received.info(LOG_RECEIVED, about, extra={"data": about})
        if self._orders.events:
            self._events.begin(message.label, headers)
        began = time.monotonic()
        try:
            traced = self._app.tasks[TASK_NAME].__trace__(headers["id"], (), {}, request)
            in_hand.succeeded |= traced.info is None  # not run again, say: its result is known
            if self._orders.events:
                self._events.end(headers["id"], traced)
        except SystemExit as exc:
            canvas.died(message, RuntimeError(f"ended its process: {exc!r}"))
            logger.warning("%s[%s] ended its process", message.label, taken.run)
            self.is_fit = False
        self._slot.count(in_hand.succeeded, time.monotonic() - began)

    def serve(self) -> None:
        """Until the end."""
        while True:
            self._orders.receive()
            leaves = self._orders.stop or self._is_worn()
            queues = () if leaves else self._orders.queues
            if queues or self.has_ended_one:
                taken = self._take_at_last(queues)
                if taken is not None:
                    self.run(taken)
                    continue
            if leaves:
                self.taker.close()
                return
            if not self._orders.stop:
                self._wait(queues)

    def _is_worn(self) -> bool:
        return False

    def _take_at_last(self, queues: tuple[str, ...]) -> Taken | None:
        while True:
            try:
                taken = self.take(queues)
            except Exception as exc:
                self._slot.write(Doing.ASKS, self._number, self.ended)  # no job's time goes on
                wrong = not isinstance(exc, BrokerUnreachable)  # somebody wrote to our keys
                self.outage.tell("no job can be fetched" if wrong else WAITING, exc)
                self._orders.receive(AGAIN_SECONDS)
                queues = () if self._orders.stop else self._orders.queues
                if self._orders.stop and not self.has_ended_one:
                    return None  # what it may have claimed its worker gives back
            else:
                self.outage.end()
                return taken

    def _wait(self, queues: tuple[str, ...]) -> None:
        if not queues:
            self._orders.receive(None)
            return
        between = self.between
        seconds = WAIT_SECONDS if between is None or between.is_looked_through else IDLE_SECONDS
        try:
            if not self.taker.wait(queues, self._orders.reader, seconds) and between is not None:
                self.is_fit = between.look_through() and self.is_fit
        except (BrokerUnreachable, ResponseError) as exc:  # a master has become a replica
            self.outage.tell(WAITING, exc)
            self._orders.receive(AGAIN_SECONDS)


class TaskEvents:
    """Celery's events about a job (Flower, `celery events`), sent by the process that runs it.

    They cost it three messages a job, and only while the worker sends events (`-E`, or
    `celery control enable_events`).

    Args:
        hostname: the worker's node name.
    """

    def __init__(self, app: Celery, hostname: str) -> None:
        self._app = app
        self._hostname = hostname

    def begin(self, name: str, headers: Mapping[str, Any]) -> None:
        """The job was received, and begins."""
        about = {"name": name, "args": "()", "kwargs": "{}", "retries": 0}
        roots = {key: headers[key] for key in ("root_id", "parent_id", "eta", "expires")}
        self._send("task-received", uuid=headers["id"], **about, **roots)
        self._send("task-started", uuid=headers["id"])

    def end(self, uuid: str, traced: Any) -> None:
        """What Celery's tracer says of the task of that id."""
        retval, info, runtime, text = traced
        if info is None:
            kind, about = "task-succeeded", {"result": text, "runtime": runtime}
        else:
            kind = "task-retried" if info.state == RETRY else "task-failed"
            about = {"exception": saferepr(retval.exception), "traceback": retval.traceback}
        if settings.current().frappe_celery_encrypt:  # events are for all to read
            about |= dict.fromkeys(about.keys() - {"runtime"}, "")
        self._send(kind, uuid=uuid, **about)

    @cached_property
    def _dispatcher(self) -> Any:
        """Kept: with Celery's pool of connections each event would take three times as long."""
        options = {"hostname": self._hostname, "buffer_while_offline": False}
        return self._app.events.Dispatcher(self._app.connection_for_write(), **options)

    def _send(self, kind: str, **fields: Any) -> None:
        try:
            self._dispatcher.send(kind, **fields)
        except Exception:  # each transport has its own
            logger.warning("no event is sent of run %s", fields["uuid"], exc_info=True)
            self.__dict__.pop("_dispatcher", None)  # the next one connects anew


def taker_of(store: JobStore, consumer: str, worker: str) -> Taker:
    """The one that the bench's broker needs (see `Taker`)."""
    if store.forwarder is None:
        return Taker(store, consumer, worker)
    from frappe_celery.brokers.rabbitmq.taker import Taker as RabbitMQTaker

    return RabbitMQTaker(store, consumer, worker)
