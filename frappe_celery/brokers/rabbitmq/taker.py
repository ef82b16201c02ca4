"""Takes runs whose messages wait in RabbitMQ.

A process has a connection of its own, without heartbeats: it is silent while its job runs. It
records the run that has ended, and hears from Redis into which queues something has come; asks
these in their order for one message; claims its run in Redis; acknowledges at once: from then on
it is the claim that counts.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from kombu import Connection
from redis.exceptions import ResponseError

from frappe_celery.brokers import taker
from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.brokers.rabbitmq.parked import spend
from frappe_celery.brokers.rabbitmq.publisher import FAILURES, connect, describe
from frappe_celery.brokers.taker import SETTLED_SECONDS, Ended, Taken
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.queue.publish import TASK_NAME


class Taker(taker.Taker):
    """How one of a worker's processes takes jobs from RabbitMQ."""

    def __init__(self, store: JobStore, consumer: str, worker: str) -> None:
        super().__init__(store, consumer, worker)
        self.bell_of = store.keys.confirmed_bell_of
        assert isinstance(store.forwarder, Forwarder)
        self._forwarder = store.forwarder
        self._names = store.forwarder.names
        self._rabbit: Connection | None = None
        self._came: dict[bytes, bytes] = {}
        """How often something has come into a queue, as far as it has heard."""
        self._empty: set[str] = set()
        """Of RabbitMQ's queues, until something comes into them."""

    def take(self, tag: str, queues: Sequence[str], ended: Ended) -> Taken | None:
        held = self._record(tag, ended)
        if held is not None or not queues:
            return held
        try:
            return self._ask(tag, queues)
        except FAILURES as exc:
            self._let_go()
            raise BrokerUnreachable(describe(self._forwarder.publisher.url, exc)) from exc
        except (BrokerUnreachable, ResponseError):  # the message goes back with the connection
            self._let_go()
            raise

    def _record(self, tag: str, ended: Ended) -> Taken | None:
        """Record what has ended; what it claimed before, if the answer to that was lost."""
        came, followed, released, held = self._done(tag, (), ended)
        if let_go := followed + released:
            self._forwarder.forward([run.decode(errors="replace") for run in let_go])
        for queue, count in zip(came[::2], came[1::2]):  # noqa: B905 (pairs)
            if self._came.get(queue) != count:
                self._came[queue] = count
                self._empty.difference_update(self._names.both(queue.decode(errors="replace")))
        return Taken.of(held) if held else None

    def _ask(self, tag: str, queues: Sequence[str]) -> Taken | None:
        channel = self._channel(queues)
        for place, queue in enumerate(queues):
            for name in self._names.both(queue):
                while name not in self._empty:
                    raw = channel.basic_get(name)
                    if raw is None:
                        self._empty.add(name)
                        break
                    more = queues[place + 1 :]
                    if raw.delivery_info.get("message_count"):
                        more = queues[place:]
                    run = self._run_of(raw, queue)
                    outcome, *found = self._claim(tag, queue, run, more) if run else [b"whole"]
                    if outcome == b"settled":
                        channel.basic_reject(raw.delivery_tag, requeue=True)
                        time.sleep(SETTLED_SECONDS)
                        return None
                    if outcome == b"spent":
                        spend(self.store, raw, run, found[0].decode(errors="replace"))
                    channel.basic_ack(raw.delivery_tag)
                    if outcome == b"claimed":
                        return Taken.of(found)
        return None

    def _claim(self, tag: str, queue: str, run: str, more: Iterable[str]) -> list[bytes]:
        keys = self.store.keys
        waiting = [q for q in more if not self._empty.issuperset(self._names.both(q))]
        claimed: list[bytes] = self.store.run_script(
            "claim",
            (keys.in_flight(self.consumer), keys.consumers),
            *(keys.prefix, self.consumer, tag, repr(time.time()), self.worker),
            *(queue, run, *waiting),
        )
        return claimed

    def _run_of(self, raw: Any, queue: str) -> str:
        """The run; '' for some other Celery task, which goes to the workers' parents."""
        headers = raw.properties.get("application_headers") or {}
        if headers.get("task") == TASK_NAME:
            run = headers.get("id")
            return run[:100].encode("ascii", "replace").decode() if isinstance(run, str) else "?"
        self._forwarder.hand_to_parents(raw, queue)
        return ""

    def heard(self) -> str:
        """As the base class; without a bell it looks into all of them."""
        rang = super().heard()
        self._empty.difference_update(self._names.both(rang) if rang else [*self._empty])
        return rang

    def _channel(self, queues: Sequence[str]) -> Any:
        if self._rabbit is None:
            self._rabbit = connect(self._forwarder.publisher.url)
            for queue in queues:
                self._forwarder.waiting(queue)  # which declares them
        return self._rabbit.default_channel

    def _let_go(self) -> None:
        self._empty.clear()
        if self._rabbit is not None:
            self._rabbit.collect(socket_timeout=0.1)
            self._rabbit = None

    def close(self) -> None:
        """Let go of what it waits and asks with."""
        super().close()
        self._let_go()
