"""A channel that asks the bench's queues in their order for one message at a time.

RabbitMQ would push messages of every queue, some to each consumer, so that a long job stands in
the way of those behind it, and no queue goes before another. Here a worker that has room asks: the
front queue of the first queue, that queue, the front queue of the next. A queue that was empty is
asked again when the bell rings for it (`bell`), and once a second. Other queues of a team's own,
and Celery's control messages, are RabbitMQ's own matter as ever.
"""

from __future__ import annotations

import logging
import sys
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any

from amqp import spec
from amqp.exceptions import RecoverableConnectionError
from kombu.message import Message
from kombu.transport import pyamqp
from redis.exceptions import RedisError

from frappe_celery.brokers import whole_messages
from frappe_celery.brokers.alarm import ANSWER_SECONDS
from frappe_celery.brokers.heartbeat import broker_is_silent, process_name
from frappe_celery.brokers.kombu_messages import HELD_AS, check_texts, job_message
from frappe_celery.brokers.rabbitmq.bell import Bell
from frappe_celery.brokers.rabbitmq.names import Names, declare
from frappe_celery.brokers.rabbitmq.parked import spend
from frappe_celery.errors import BrokerUnreachable, Refused
from frappe_celery.jobs import JobStatus, get_store
from frappe_celery.jobs.queue.publish import TASK_NAME

logger = logging.getLogger(__name__)

_cut_off: set[str] = set()  # this process's consumers that could not leave


class Channel(pyamqp.Channel):
    """One that publishes, or consumes, or both."""

    def __init__(self, connection: Any, channel_id: int | None = None, **options: Any) -> None:
        super().__init__(connection, channel_id, **options)
        self.__dict__.pop("basic_publish", None)  # amqp's own, where `confirm_publish` is set
        self.names: Names = connection.names
        self.has_room: Callable[[], bool] = lambda: False
        """Whether the worker can take one more; a step of the worker sets it."""
        self.whole_only = False
        """Only messages of other Celery tasks: processes of the worker take runs themselves."""
        self.consumer = ""
        self._consumed: dict[str, tuple[str, Callable[[Any], Any]]] = {}
        self._may_have: set[str] = set()
        self._asked: tuple[str, str] | None = None
        self._asked_at = 0.0
        self._tags = count()
        self._held: dict[Any, str] = {}
        self._acknowledged: list[str] = []
        self.bell: Bell | None = None

    def _setup_listeners(self) -> None:
        super()._setup_listeners()
        answers = {spec.Basic.GetOk: self._got, spec.Basic.GetEmpty: self._got_nothing}
        self._callbacks.update(answers)

    # -- names

    def queue_declare(self, queue: str = "", *args: Any, **options: Any) -> Any:
        """Declare; a queue of the bench together with those beside it."""
        if queue not in self.names.queues:
            return super().queue_declare(queue, *args, **options)
        waiting = sum(declare(super(Channel, self), name) for name in self.names.all(queue))
        return queue, waiting, 0

    def queue_bind(self, queue: str = "", *args: Any, **options: Any) -> Any:
        """Bind; a queue of the bench is reached by its name."""
        if queue not in self.names.queues:
            return super().queue_bind(queue, *args, **options)
        return None

    def _basic_publish(
        self, msg: Any, exchange: str = "", routing_key: str = "", *args: Any, **options: Any
    ) -> Any:
        queue = "" if exchange else routing_key
        headers = msg.properties.get("application_headers")
        if whole_messages.is_to_be_signed(headers, queue, exchange):
            where = whole_messages.place(queue, exchange, routing_key)
            _write_back(msg, whole_messages.put(_as_kombu(msg), where))
        if queue in self.names.queues:
            routing_key = self.names.whole(routing_key)
        return super()._basic_publish(msg, exchange, routing_key, *args, **options)

    def basic_publish(
        self, msg: Any, exchange: str = "", routing_key: str = "", *args: Any, **options: Any
    ) -> Any:
        """Publish; what goes into a queue of the bench lies there before the bell rings for it."""
        rings = not exchange and routing_key in self.names.queues
        if rings or self._confirm_selected or self.connection.confirm_publish:
            sent = self.basic_publish_confirm(msg, exchange, routing_key, *args, **options)
        else:
            sent = self._basic_publish(msg, exchange, routing_key, *args, **options)
        if rings:
            store = get_store()
            with suppress(RedisError):  # parents look anyway
                store.client.publish(store.keys.confirmed, routing_key)
        return sent

    def queue_purge(self, queue: str = "", *args: Any, **options: Any) -> Any:
        """`celery purge`: the jobs that wait are canceled, or they would count as lost."""
        if queue not in self.names.queues:
            return super().queue_purge(queue, *args, **options)
        store, canceled = get_store(), 0
        while jobs := store.page(queue=queue, statuses=[JobStatus.QUEUED], length=1000):
            for job in jobs:
                store.end(job, JobStatus.CANCELED, was=JobStatus.QUEUED, reason="purged")
            canceled += len(jobs)
        for name in self.names.both(queue):
            super().queue_purge(name, *args, **options)
        return canceled + int(super().queue_purge(self.names.whole(queue), *args, **options))

    # -- consuming

    def basic_consume(
        self,
        queue: str = "",
        consumer_tag: str = "",
        *args: Any,
        callback: Any = None,
        **options: Any,
    ) -> Any:
        """Begin to consume; a queue of the bench is asked, in the order of these calls."""
        if queue not in self.names.queues:
            return super().basic_consume(queue, consumer_tag, *args, callback=callback, **options)
        if not self.consumer:
            self._enter()
        consumer_tag = consumer_tag or uuid.uuid4().hex
        self._consumed[consumer_tag] = (queue, callback)
        self._may_have.update(self._names_of(queue))
        return consumer_tag

    def basic_cancel(self, consumer_tag: str, *args: Any, **options: Any) -> Any:
        """Consume no more from a queue."""
        if self._consumed.pop(consumer_tag, None) is None:
            return super().basic_cancel(consumer_tag, *args, **options)
        return None

    def _enter(self) -> None:
        self.consumer = f"{process_name()}:{uuid.uuid4().hex[:12]}"
        store = get_store()
        self.heartbeat()  # before its first message, or nobody could settle what it held
        while _cut_off:
            _leave(next(iter(_cut_off)))
        self.bell = Bell(store.client, store.keys.confirmed)
        self.connection.consumers.add(self)

    def heartbeat(self) -> None:
        """Sign of life; after `reaper.DEAD_AFTER_SECONDS` without, others take what is held."""
        store = get_store()
        if broker_is_silent():
            return
        with suppress(BrokerUnreachable):
            store.run_script("alive", (store.keys.consumers,), self.consumer, process_name())

    def look_anyway(self) -> None:
        """Ask every queue again, though the bell did not ring; one that waits in vain gives up."""
        self._may_have.update(name for name, _ in self._asked_in_turn())
        if self._asked is not None and time.monotonic() - self._asked_at > ANSWER_SECONDS:
            self.connection.silent = True
            raise RecoverableConnectionError("RabbitMQ does not answer")

    def turn(self) -> None:
        """Once per turn of the worker's loop: acknowledge, and ask for the next message."""
        if broker_is_silent():  # the Redis, without which no run starts
            return
        if self._acknowledged:
            self.flush()
        if self.bell is not None:
            if self.bell.listen():
                self.look_anyway()
            for queue in self.bell.heard():
                self._may_have.update(self._names_of(queue))
        self._ask()

    def _ask(self) -> None:
        if self._asked is not None or not self.is_open or not self.has_room():
            return
        for name, queue in self._asked_in_turn():
            if name in self._may_have:
                self._may_have.discard(name)  # first: the bell may ring until the answer comes
                self._asked, self._asked_at = (name, queue), time.monotonic()
                self.send_method(spec.Basic.Get, "Bsb", (0, name, False))
                return

    def leave_runs(self) -> None:
        """From now on take only messages of other Celery tasks."""
        self.whole_only = True
        self._may_have = {name for name, _ in self._asked_in_turn()}

    def _names_of(self, queue: str) -> tuple[str, ...]:
        return (self.names.whole(queue),) if self.whole_only else self.names.all(queue)

    def _asked_in_turn(self) -> list[tuple[str, str]]:
        queues = [queue for queue, _ in self._consumed.values()]
        return [(name, queue) for queue in queues for name in self._names_of(queue)]

    def _got_nothing(self, *_: Any) -> None:
        if self._asked is not None:
            self._asked = None
            self._ask()

    def _got(self, *args: Any) -> None:
        raw = self._on_get_ok(*args)
        if self._asked is None:  # of a plain basic_get
            return
        (name, queue), self._asked = self._asked, None
        self._may_have.add(name)
        callback = next((call for of, call in self._consumed.values() if of == queue), None)
        if callback is None:  # canceled meanwhile
            super().basic_reject(raw.delivery_tag, requeue=True)
            return
        message = self._taken(raw, queue)
        if message is not None:
            callback(message)

    def _taken(self, raw: Any, queue: str) -> Message | None:
        """The message to act on; None where there is none, and the next one is asked for."""
        headers = raw.properties.get("application_headers") or {}
        if headers.get("task") != TASK_NAME:
            return self._whole(raw, headers, queue)
        run, tag = str(headers.get("id"))[:100], f"{self.consumer}:{next(self._tags)}"
        store = get_store()
        keys = store.keys.record(run), store.keys.in_flight(self.consumer), store.keys.consumers
        try:
            outcome, sealed = store.run_script(
                "hold", keys, self.consumer, tag, store.keys.queue(queue), run
            )
        except BrokerUnreachable as exc:
            logger.warning("run %s goes back: %s", run, exc)
            outcome = b"settled"
        if outcome == b"settled":
            super().basic_reject(raw.delivery_tag, requeue=True)
            self._may_have.clear()  # until it looks anyway
            return None
        if outcome != b"held":
            self._spent(raw, run, outcome)
            return None
        self._held[raw.delivery_tag] = tag
        parts = job_message(run.encode(), sealed, queue)
        return Message(
            body=parts["body"],
            delivery_tag=raw.delivery_tag,
            content_type=parts["content-type"],
            content_encoding=parts["content-encoding"],
            headers=parts["headers"],
            properties=parts["properties"] | {HELD_AS: tag},
            delivery_info=parts["properties"]["delivery_info"],
            channel=self,
        )

    def _whole(self, raw: Any, headers: Mapping[str, Any], queue: str) -> Message | None:
        """That of some other Celery task."""
        try:
            check_texts(headers)
        except ValueError as exc:
            logger.error("refused what lay in queue %s: %s", queue, exc)
            with suppress(BrokerUnreachable):
                get_store().refuse(queue, str(headers.get("id"))[:100], f"no message: {exc}")
            super().basic_ack(raw.delivery_tag)
            return None
        raw.delivery_info.update(exchange="", routing_key=queue)
        message: Message = self.message_to_python(raw)
        if not message.errors:
            return message
        self._refused(raw, queue, message.errors[0][1])
        return None

    def _refused(self, raw: Any, queue: str, exc: Exception) -> None:
        try:
            whole_messages.refuse(_as_kombu(raw), queue, exc)
        except BrokerUnreachable as away:
            logger.warning("a message that is refused goes back: %s", away)
            super().basic_reject(raw.delivery_tag, requeue=True)
            self._may_have.clear()
            return
        super().basic_ack(raw.delivery_tag)

    def _spent(self, raw: Any, run: str, status: bytes) -> None:
        try:
            spend(get_store(), raw, run, status.decode())
        except BrokerUnreachable as exc:
            logger.warning("run %s, which has no record, goes back: %s", run, exc)
            super().basic_reject(raw.delivery_tag, requeue=True)
            self._may_have.clear()
            return
        super().basic_ack(raw.delivery_tag)

    def message_to_python(self, raw_message: Any) -> Any:
        """One that is refused has the error in its `errors`. Leaves what is one already."""
        if isinstance(raw_message, Message):
            return raw_message
        info, refusal = raw_message.delivery_info, None
        exchange, routing_key = info.get("exchange") or "", info.get("routing_key") or ""
        queue = "" if exchange else routing_key
        where = whole_messages.place(queue, exchange, routing_key)
        try:
            _write_back(raw_message, whole_messages.take(_as_kombu(raw_message), where, queue))
        except Refused:
            refusal = sys.exc_info()
        message = super().message_to_python(raw_message)
        if refusal:
            message.errors = [*(message.errors or ()), refusal]
        return message

    # -- acknowledging

    def basic_ack(self, delivery_tag: Any, *args: Any, **options: Any) -> Any:
        """Acknowledge; once the channel is closed others get the message, and find it spent."""
        tag = self._held.pop(delivery_tag, None)
        if tag is not None:
            self._acknowledged.append(tag)
        if self.connection is None or not self._consumed:
            self.flush()
        if self.connection is not None:
            return super().basic_ack(delivery_tag, *args, **options)
        return None

    def basic_reject(self, delivery_tag: Any, requeue: bool = False, **options: Any) -> Any:
        """Give the message back to its queue, or drop it without `requeue`."""
        tag = self._held.pop(delivery_tag, None)
        if tag is not None:
            self._acknowledged.append(tag)
        if self.connection is not None:
            return super().basic_reject(delivery_tag, requeue, **options)
        return None

    def flush(self) -> None:
        """Tell the store of what has ended; one that is away is told later."""
        store = get_store()
        acknowledged = list(self._acknowledged)
        self._acknowledged.clear()
        held = (store.keys.in_flight(self.consumer),)
        try:
            store.run_script("fetch", held, store.keys.prefix, "", "", *acknowledged)
        except BrokerUnreachable:
            self._acknowledged += acknowledged

    def wake(self) -> None:
        """Have the loop look again, from another thread or greenlet."""
        connection = self.connection
        if connection is not None and connection.alarm is not None:
            connection.alarm.ring()

    def close(self, *args: Any, **options: Any) -> Any:
        """In order, unless RabbitMQ would not answer."""
        if self.connection is not None and self.connection.silent:
            return self.collect()
        return super().close(*args, **options)

    def collect(self) -> None:
        """The end, in order or not: RabbitMQ gives to others what was not started."""
        if self.consumer and self.bell is not None:
            with suppress(RedisError, OSError):
                self.bell.close()
            self.bell = None
            self._consumed.clear()
            if self.connection is not None:
                self.connection.consumers.discard(self)
            _leave(self.consumer)
        super().collect()


def _as_kombu(raw: Any) -> whole_messages.Message:
    """A message of amqp's in the form of kombu's other transports."""
    properties = raw.properties
    return {
        "body": raw.body,
        "content-type": properties.get("content_type"),
        "content-encoding": properties.get("content_encoding"),
        "headers": properties.get("application_headers") or {},
        "properties": properties,
    }


def _write_back(raw: Any, message: whole_messages.Message) -> None:
    raw.body = message["body"]
    raw.properties["content_type"] = message["content-type"]
    raw.properties["content_encoding"] = message["content-encoding"]
    raw.properties["application_headers"] = message["headers"]


def _leave(consumer: str) -> None:
    store = get_store()
    keys = store.keys.in_flight(consumer), store.keys.consumers
    try:
        if broker_is_silent():
            raise BrokerUnreachable("the Redis does not answer")
        store.run_script("leave", keys, store.keys.prefix, consumer)
        _cut_off.discard(consumer)
    except BrokerUnreachable:
        _cut_off.add(consumer)
