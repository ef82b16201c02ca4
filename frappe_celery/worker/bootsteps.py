"""Steps of ours in Celery's consumer: its record, burst mode, scheduled jobs, when jobs are taken;
last those that only RabbitMQ needs.

`Repeated` is the base of those that do something every few seconds.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from typing import Any

from celery import bootsteps, signals
from celery.concurrency import solo
from celery.worker import state
from redis.exceptions import ResponseError

from frappe_celery.brokers import heartbeat
from frappe_celery.config import settings
from frappe_celery.config.urls import same_server, without_password
from frappe_celery.errors import BrokerUnreachable, ConfigError
from frappe_celery.jobs import get_store
from frappe_celery.jobs.lease import Lease
from frappe_celery.jobs.limits import declarations
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.outbox.process import RelayProcess
from frappe_celery.jobs.queue import scheduled
from frappe_celery.jobs.stats.losses import Watch
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.watch import cache
from frappe_celery.watch.words import moment
from frappe_celery.worker.broker_retry import Outage
from frappe_celery.worker.crew import crew_of
from frappe_celery.worker.member import Member, Seen
from frappe_celery.worker.readiness import NewCode

logger = logging.getLogger(__name__)

SHORTEST_SECONDS = 0.01
TASKS_STEP = "celery.worker.consumer.tasks:Tasks"
GREEN = ("gevent", "eventlet")
"""Pools whose tasks are greenlets."""


class Repeated(bootsteps.StartStopStep):
    """Does something as the consumer starts, and every few seconds while it runs."""

    requires = (TASKS_STEP,)
    seconds: float
    _next: Any = None

    def __init__(self, consumer: Any, **options: Any) -> None:
        self._outage = Outage()
        super().__init__(consumer, **options)

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        self.stop(consumer)
        self._do(consumer)

    def stop(self, consumer: Any) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _do(self, consumer: Any) -> None:
        """Once more; a broker that is away is waited for, and not by the loop. What somebody wrote
        to our keys ends nobody."""
        this, wait = self._next, None
        try:
            if not heartbeat.broker_is_silent():
                wait = self.tick(consumer)
                self._outage.end()
        except Exception as exc:
            self._outage.tell(type(self).__name__, exc)
        finally:
            if self._next is this:  # else it was stopped, by another thread
                wait = self.seconds if wait is None else min(wait, self.seconds)
                self._do_in(max(wait, SHORTEST_SECONDS), consumer)

    def _do_in(self, seconds: float, consumer: Any) -> None:
        self._next = consumer.timer.call_after(seconds, self._do, (consumer,))

    def tick(self, consumer: Any) -> float | None:
        """What is done each time; a BrokerUnreachable is logged, and it goes on.

        Returns:
            In how many seconds it is to be done again; None, and at the latest: in `seconds`.
        """
        raise NotImplementedError


class Record(Repeated):
    """Keeps the worker's record, which `RQ Worker` and `frappe-celery doctor` show."""

    seconds = heartbeat.BEAT_SECONDS

    def __init__(self, consumer: Any, **options: Any) -> None:
        self.birth = time.time()
        super().__init__(consumer, **options)

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
        crew = crew_of(consumer.controller)
        active = crew.running()
        new_code: NewCode | None = getattr(consumer.controller, "new_code", None)
        if new_code is not None:
            new_code.look()
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
                consumer=crew.consumer,
                job_processes=crew.processes(),
                **crew.tally()._asdict(),
                cannot_import=new_code.failures if new_code else None,
                memory=crew.memory(),
                outdated=settings.outdated(),
                keys=settings.current().signer.fingerprint,
            )
        )


class Burst(Repeated):
    """`--burst`: stop when the queues are empty and nothing runs, at two looks."""

    seconds = 0.2
    _idle: list[tuple[Member, Seen]] | None = None
    """What all did at the last look, if there was nothing left."""

    def include_if(self, consumer: Any) -> bool:
        return bool(consumer.controller.options.get("burst"))

    def tick(self, consumer: Any) -> None:
        """Stop once there is nothing left."""
        before, self._idle = self._idle, None
        queues, now = consumer.app.amqp.queues.consume_from, crew_of(consumer.controller).seen()
        if state.reserved_requests or any(seen.doing for _, seen in now):
            return
        store = get_store()
        if any(store.queue_length(queue) for queue in queues) or Limits(store).some_may_go():
            return
        if now == before:  # nothing began and ended in between
            logger.info("burst mode: nothing left in %s, quitting", ", ".join(queues))
            state.should_stop = os.EX_OK
        self._idle = now


class ScheduledJobs(Repeated):
    """Hands scheduled jobs to their queues when their time has come: looks every second, and at the
    very moment when it knows that something is due."""

    seconds = 1.0

    def tick(self, consumer: Any) -> float | None:
        return scheduled.promote(get_store())


class Outboxes(Repeated):
    """Has a process of its own relay what the sites' outboxes hold."""

    seconds = 2.0
    _relay = RelayProcess()

    def tick(self, consumer: Any) -> None:
        self._relay.look()


class BrokerWatch(Repeated):
    """Leaves the marks by which the broker's losses are noticed."""

    seconds = heartbeat.BEAT_SECONDS
    watch: Watch | None = None

    def tick(self, consumer: Any) -> None:
        self.watch = self.watch or Watch(get_store())
        loss = self.watch.look()
        if loss is not None and loss.sure:
            logger.error("%s", loss.in_words(moment))


class CacheWatch(Repeated):
    """Tells when the Redis behind frappe.cache is away and when it is back, where that is not the
    one that keeps the jobs, of which others tell."""

    seconds = 5.0
    _since = 0.0

    def include_if(self, consumer: Any) -> bool:
        config = settings.current()
        url = config.redis_cache
        return bool(url) and not same_server(str(url), config.store_url)

    def tick(self, consumer: Any) -> None:
        """Ask it."""
        url = str(settings.current().redis_cache)
        why = cache.why_away(url)
        if why and not self._since:
            self._since = time.monotonic()
            logger.error("%s: jobs that use it fail or wait. %s", why, cache.way_out().capitalize())
        elif self._since and not why:
            seconds, self._since = time.monotonic() - self._since, 0.0
            shown = without_password(url)
            logger.warning(
                "the Redis behind frappe.cache, %s, is back, after %.0f s", shown, seconds
            )


class CrewWatch(Repeated):
    """Looks twice a second after who runs jobs, and tells them whether events are wanted.

    Celery looks for dead processes every 5 s; a death that it is told of it mostly cannot see yet.
    """

    seconds = 0.5

    def tick(self, consumer: Any) -> None:
        crew = crew_of(consumer.controller)
        crew.look_after()
        events = consumer.event_dispatcher  # None without gossip and heartbeat
        if events is not None:
            crew.send_events(events.enabled and (not events.groups or "task" in events.groups))
        if consumer.controller.autoscaler is not None:
            consumer.controller.autoscaler.maybe_scale()


class TakeJobs(bootsteps.StartStopStep):
    """Jobs are taken while the consumer runs."""

    requires = (TASKS_STEP,)
    worker: Any = None

    def start(self, consumer: Any) -> None:
        """Begin, once what configuration and decorators say of limits is written where the scripts
        that fetch jobs read it; called again after each reconnection."""
        try:
            declarations.tell()
            Limits(get_store()).configure()
        except (BrokerUnreachable, ConfigError, ResponseError) as exc:
            logger.error("limits stay as they were: %s", exc)
        self.worker = consumer.controller
        consumer.let_jobs_be_taken()
        signals.worker_shutting_down.connect(self.stop)

    def stop(self, *_: Any, **__: Any) -> None:
        """None is taken; those that run go on.

        Also when the worker has just been told to stop: its loop learns it a moment later.
        """
        crew_of(self.worker).serve(())


class VisiblyAlive(bootsteps.StartStopStep):
    """A solo worker gives signs of life while it works, for the tasks that it has not begun."""

    requires = (TASKS_STEP,)

    def include_if(self, consumer: Any) -> bool:
        """Only there: other pools' workers have a loop that goes on, and RabbitMQ asks for none."""
        return isinstance(consumer.pool, solo.TaskPool) and not settings.current().on_rabbitmq

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        channels = consumer.connection.transport.cycle.consumers
        heartbeat.speaks_for = lambda: [channel.consumer for channel in [*channels]]

    def stop(self, consumer: Any) -> None:
        heartbeat.speaks_for = tuple


class Room(bootsteps.StartStopStep):
    """One task a process, none held behind one that runs."""

    requires = (TASKS_STEP,)

    def start(self, consumer: Any) -> None:
        """Once there is a consumer: from now on it asks."""
        pool = consumer.pool
        green = type(pool).__module__.rpartition(".")[2] in GREEN

        def has_room() -> bool:
            most = pool.limit if green else pool.num_processes
            return len(state.reserved_requests) < int(most)

        consumer.task_consumer.channel.has_room = has_room


class Forwarding(Repeated):
    """Sends what nobody sent (its process died, or RabbitMQ was away), and wakes a process for what
    waits in RabbitMQ: the one that was woken for it may have died."""

    seconds = 1.0
    seen: frozenset[str] = frozenset()

    def tick(self, consumer: Any) -> None:
        """What was not confirmed the last time either; the rest its own process may be sending."""
        store = get_store()
        forwarder = store.forwarder
        assert forwarder is not None
        left = forwarder.left(store.settings.queues)
        waiting = [run for run in left if run in self.seen]
        if Lease(store, f"{store.keys.prefix}forwarding", self.seconds).take():
            forwarder.take_over()
            if waiting:
                logger.info("%d jobs that RabbitMQ had not confirmed go there", len(waiting))
                forwarder.forward(waiting)
            for queue in store.settings.queues:
                if forwarder.waiting_if_known(queue):
                    forwarder.ring(queue)
        self.seen = frozenset(left)


STEPS = (
    *(Record, Burst, ScheduledJobs, Outboxes, BrokerWatch, CacheWatch),
    *(CrewWatch, TakeJobs, VisiblyAlive),
)
RABBITMQ_STEPS = (Room, Forwarding)
