"""Steps of ours in Celery's worker: its record, the reaper, burst mode, who takes jobs when."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from typing import Any

from celery import bootsteps, signals
from celery.concurrency import solo
from celery.worker import state

from frappe_celery.brokers import heartbeat
from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.queue import shares
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.worker.configured_limits import ConfiguredLimits
from frappe_celery.worker.pools import JobRunners
from frappe_celery.worker.reaper import Patience, reap
from frappe_celery.worker.runners import Runners, runners_of

logger = logging.getLogger(__name__)

REAP_SECONDS = 2.0
BURST_SECONDS = 0.2
SHARES_SECONDS = 10.0
TASKS_STEP = "celery.worker.consumer.tasks:Tasks"


class Repeated(bootsteps.StartStopStep):
    """Does something every few seconds while the consumer runs."""

    requires = (TASKS_STEP,)
    seconds: float

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        self.stop(consumer)
        self.entry = consumer.timer.call_repeatedly(self.seconds, self.guarded, (consumer,))

    def stop(self, consumer: Any) -> None:
        entry = getattr(self, "entry", None)
        if entry is not None:
            entry.cancel()

    def guarded(self, consumer: Any) -> None:
        """Once more; a broker that is away is waited for, and not by the loop."""
        if heartbeat.broker_is_silent():
            return
        try:
            self.tick(consumer)
        except BrokerUnreachable as exc:
            logger.warning("%s: %s", type(self).__name__, exc)

    def tick(self, consumer: Any) -> None:
        """What is done each time; a BrokerUnreachable is logged, and it goes on."""
        raise NotImplementedError


class Record(Repeated):
    """Keeps the worker's record, which `RQ Worker` and `frappe-celery doctor` show."""

    seconds = heartbeat.BEAT_SECONDS

    def start(self, consumer: Any) -> None:
        """Write it at once, then again and again."""
        self.birth = time.time()
        super().start(consumer)
        self.guarded(consumer)

    def stop(self, consumer: Any) -> None:
        super().stop(consumer)
        try:
            if heartbeat.broker_is_silent():
                raise BrokerUnreachable("it does not answer")
            get_store().workers.remove(consumer.hostname)
        except BrokerUnreachable:
            logger.info("the record of %s stays until it expires", consumer.hostname)

    def tick(self, consumer: Any) -> None:
        """Who this worker is and what it does now."""
        runners = runners_of(consumer.controller) or Runners()
        active = [request.id for request in state.active_requests]
        active += [seen.run for _, seen in runners.having_jobs()]
        successful, failed, seconds = runners.tally()
        get_store().workers.write(
            WorkerInfo(
                name=consumer.hostname,
                hostname=socket.gethostname(),
                pid=os.getpid(),
                queues=tuple(consumer.app.amqp.queues.consume_from),
                processes=getattr(consumer.pool, "num_processes", 1),
                state="busy" if active else "idle",
                current_job=active[0] if active else None,
                birth=self.birth,
                last_heartbeat=time.time(),
                consumer=runners.consumer,
                job_processes=runners.processes(),
                successful=successful,
                failed=failed,
                total_working_time=seconds,
            )
        )


class Reaper(Repeated):
    """Settles what dead workers held and what is past its retention; every worker does so."""

    seconds = REAP_SECONDS

    def __init__(self, consumer: Any, **options: Any) -> None:
        self.patience = Patience()
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Patience begins when the broker is back."""
        self.patience.is_over()
        super().start(consumer)

    def tick(self, consumer: Any) -> None:
        store = get_store()
        store.expire()
        if self.patience.is_over():
            reap(store, queues=consumer.app.amqp.queues.consume_from)


class ProcessHeartbeat(bootsteps.StartStopStep):
    """Signs of life of this process, also while Celery waits for its pool to end.

    Its thread begins after the pool and an embedded beat have forked: what it was importing just
    then would stay locked in the child, whose first job waits for that module for ever.
    """

    requires = (JobRunners, "celery.worker.components:Beat")

    def start(self, worker: Any) -> None:
        """With connections of its own, which no fork can catch in use."""
        runners = runners_of(worker)
        others = [runners.consumer] if runners is not None else []
        heartbeat.begin(JobStore(get_store().settings), *others)

    def stop(self, worker: Any) -> None:
        """Nothing: it goes on while the worker waits for its jobs."""


class Burst(Repeated):
    """`--burst`: stop when the queues are empty and nothing runs."""

    seconds = BURST_SECONDS

    def __init__(self, consumer: Any, **options: Any) -> None:
        self.enabled = bool(options.get("burst"))
        super().__init__(consumer, **options)

    def include_if(self, consumer: Any) -> bool:
        return self.enabled

    def tick(self, consumer: Any) -> None:
        """Stop once there is nothing left."""
        queues, runners = consumer.app.amqp.queues.consume_from, runners_of(consumer.controller)
        before = runners.seen() if runners is not None else []
        if state.reserved_requests or any(seen.doing for _, seen in before):
            return
        store = get_store()
        if any(store.queue_length(queue) for queue in queues) or Limits(store).some_may_go():
            return
        if runners is None or runners.seen() == before:  # nothing began and ended in between
            logger.info("burst mode: nothing left in %s, quitting", ", ".join(queues))
            state.should_stop = os.EX_OK


class Shares(Repeated):
    """What sites' configurations say of their shares holds without a restart."""

    seconds = SHARES_SECONDS

    def start(self, consumer: Any) -> None:
        """At once, then again and again."""
        super().start(consumer)
        self.guarded(consumer)

    def tick(self, consumer: Any) -> None:
        shares.follow(get_store())


class Jobs(bootsteps.StartStopStep):
    """Jobs are taken while the consumer runs."""

    requires = (TASKS_STEP, ConfiguredLimits)

    def include_if(self, consumer: Any) -> bool:
        """Only where the worker runs any."""
        return runners_of(consumer.controller) is not None

    def __init__(self, consumer: Any, **options: Any) -> None:
        self.worker = consumer.controller
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        consumer.let_jobs_be_taken()
        signals.worker_shutting_down.connect(self._take_no_more)

    def stop(self, consumer: Any) -> None:
        """None is taken; those that run go on."""
        self._take_no_more()

    def _take_no_more(self, **_: Any) -> None:
        """The worker has just been told to stop; its loop learns it a moment later."""
        runners = runners_of(self.worker)
        if runners is not None:
            runners.serve(())


class VisiblyAlive(bootsteps.StartStopStep):
    """A solo worker gives signs of life while it works, for the tasks that it has not begun."""

    requires = (TASKS_STEP,)

    def include_if(self, consumer: Any) -> bool:
        """Only there: other pools' workers have a loop that goes on, and RabbitMQ asks for none."""
        return isinstance(consumer.pool, solo.TaskPool) and not settings.current().on_rabbitmq

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        self.ended = threading.Event()
        poller = consumer.connection.transport.cycle
        threading.Thread(target=self._beat, args=(poller,), daemon=True).start()

    def _beat(self, poller: Any) -> None:
        while not self.ended.wait(heartbeat.BEAT_SECONDS):
            poller.heartbeat()

    def stop(self, consumer: Any) -> None:
        ended = getattr(self, "ended", None)
        if ended is not None:
            ended.set()


STEPS = (Record, Reaper, Burst, VisiblyAlive, ConfiguredLimits, Shares, Jobs)
