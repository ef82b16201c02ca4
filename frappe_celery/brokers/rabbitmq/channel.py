"""A channel that asks the bench's queues in their order for one task of a team's own at a time.

RabbitMQ would push messages of every queue, some to each consumer, so that a long task stands in
the way of those behind it, and no queue goes before another. Here a worker that has room asks: the
first queue, then the next. A queue that was empty is asked again when the bell rings for it, and
once a second. Jobs are taken by the workers' processes themselves (`taker`). Other
queues of a team's own, and Celery's control messages, are RabbitMQ's own matter as ever.
"""

from __future__ import annotations

import logging
import sys
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from amqp.exceptions import RecoverableConnectionError
from kombu.message import Message
from kombu.transport import pyamqp

from frappe_celery.brokers import whole_messages
from frappe_celery.brokers.rabbitmq.publisher import FAILURES
from frappe_celery.brokers.rabbitmq.queue_names import BELL, Names, declare
from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store, providers

logger = logging.getLogger(__name__)


class Channel(pyamqp.Channel):
    """One that publishes, or consumes, or both."""

    def __init__(self, connection: Any, channel_id: int | None = None, **options: Any) -> None:
        super().__init__(connection, channel_id, **options)
        self.__dict__.pop("basic_publish", None)  # amqp's own, where `confirm_publish` is set
        self.has_room: Callable[[], bool] = lambda: False
        """Whether the worker can take one more; a step of the worker sets it."""
        self.consumed: dict[str, tuple[str, Callable[[Any], Any]]] = {}
        self._may_have: set[str] = set()
        """Of the queues consumed, RabbitMQ's names of those that may not be empty."""
        self._bell = ""
        """The queue into which the bell rings for these."""

    # -- names

    @property
    def names(self) -> Names:
        """Of the bench's queues."""
        return Names(settings.current())

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
        _write_back(msg, whole_messages.put(_as_kombu(msg, exchange, routing_key), queue))
        if queue in self.names.queues:
            routing_key = self.names.whole(routing_key)
        return super()._basic_publish(msg, exchange, routing_key, *args, **options)

    def basic_publish(
        self, msg: Any, exchange: str = "", routing_key: str = "", *args: Any, **options: Any
    ) -> Any:
        """Publish; what goes into a queue of the bench lies there before the bell rings for it."""
        rings = not exchange and routing_key in self.names.queues
        confirms = getattr(self.connection, "confirm_publish", False)  # None: it is closed
        if rings or self._confirm_selected or confirms:
            sent = self.basic_publish_confirm(msg, exchange, routing_key, *args, **options)
        else:
            sent = self._basic_publish(msg, exchange, routing_key, *args, **options)
        if rings:
            self._ring(routing_key)
        return sent

    def _ring(self, queue: str) -> None:
        """Parents look anyway: what has been sent is not sent again for it."""
        try:
            super().basic_publish_confirm(self.prepare_message(b""), BELL, self.names.whole(queue))
        except FAILURES:
            if self.connection is not None:  # or a late answer would be taken for the next one's
                self.connection.collect()

    def queue_purge(self, queue: str = "", *args: Any, **options: Any) -> Any:
        """`celery purge`: of one of the bench's queues the jobs that wait, too."""
        if queue not in self.names.queues:
            return super().queue_purge(queue, *args, **options)
        canceled = get_store().purge(queue)
        for name in self.names.all(queue):  # in the last one are tasks
            left = super().queue_purge(name, *args, **options)
        return canceled + int(left)

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
            if queue.startswith(f"{providers.app().conf.event_queue_prefix}."):
                callback = partial(_hand_over, callback, queue)
            return super().basic_consume(queue, consumer_tag, *args, callback=callback, **options)
        if not self._bell:
            self._bell, _, _ = super().queue_declare(exclusive=True)
            super().basic_consume(self._bell, no_ack=True, callback=self._heard)
        super().queue_bind(self._bell, BELL, self.names.whole(queue))
        consumer_tag = consumer_tag or uuid.uuid4().hex
        self.consumed[consumer_tag] = (queue, callback)
        self._may_have.add(self.names.whole(queue))
        return consumer_tag

    def _heard(self, bell: Any) -> None:
        self._may_have.add(bell.delivery_info["routing_key"])

    def basic_cancel(self, consumer_tag: str, *args: Any, **options: Any) -> Any:
        """Consume no more from a queue."""
        if self.consumed.pop(consumer_tag, None) is None:
            return super().basic_cancel(consumer_tag, *args, **options)
        return None

    def look_anyway(self) -> None:
        """Ask every queue again, though the bell did not ring."""
        self._may_have.update(self.names.whole(queue) for queue, _ in self.consumed.values())

    def fetch(self) -> bool:
        """Hand over the next message, if there is room for one; whether there was one."""
        for queue, callback in list(self.consumed.values()):
            name = self.names.whole(queue)
            if name not in self._may_have or not (self.is_open and self.has_room()):
                continue
            self._may_have.discard(name)
            raw = self._get(name)
            if raw is None:
                continue
            self._may_have.add(name)
            message = self._checked(raw, queue)
            if message is not None:
                callback(message)
            return True
        return False

    def _get(self, name: str) -> Any:
        try:
            return self.basic_get(name)
        except TimeoutError as exc:
            self.connection.collect()  # nobody waits for it in turn
            raise RecoverableConnectionError("RabbitMQ does not answer") from exc

    def _checked(self, raw: Any, queue: str) -> Message | None:
        """The message to act on; None where it was refused, and the next one is asked for."""
        raw.delivery_info.update(exchange="", routing_key=queue)
        message: Message = self.message_to_python(raw)
        if not message.errors:
            return message
        try:
            whole_messages.refuse(_as_kombu(raw, "", queue), queue, message.errors[0][1])
        except BrokerUnreachable as away:
            logger.warning("a message that is refused goes back: %s", away)
            self.basic_reject(raw.delivery_tag, requeue=True)
            self._may_have.clear()
        else:
            self.basic_ack(raw.delivery_tag)
        return None

    def message_to_python(self, raw_message: Any) -> Any:
        """One that is refused has the error in its `errors`, and is listed where nobody else does.
        Leaves what is one already."""
        if isinstance(raw_message, Message):
            return raw_message
        info, refusal = raw_message.delivery_info, None
        exchange, routing_key = info.get("exchange") or "", info.get("routing_key") or ""
        queue = "" if exchange else routing_key
        message = _as_kombu(raw_message, exchange, routing_key)
        try:
            _write_back(raw_message, whole_messages.take(message, queue))
        except Exception as exc:
            refusal = sys.exc_info()
            message["headers"].pop("compression", None)  # kombu would unpack it all the same
            if queue not in self.names.queues:
                with suppress(BrokerUnreachable):
                    whole_messages.refuse(message, queue or exchange, exc)
        found = super().message_to_python(raw_message)
        if refusal:
            found.errors = [*(found.errors or ()), refusal]
        return found


def _hand_over(callback: Callable[[Any], Any], queue: str, raw: Any) -> None:
    """An event, which nobody acknowledges: whatever becomes of it ends no process."""
    try:
        callback(raw)
    except Exception as exc:
        with suppress(BrokerUnreachable):
            whole_messages.refuse(_as_kombu(raw, "", queue), queue, exc)


def _as_kombu(raw: Any, exchange: str, routing_key: str) -> whole_messages.Message:
    """A message of amqp's in the form of kombu's other transports."""
    properties, info = raw.properties, {"exchange": exchange, "routing_key": routing_key}
    return {
        "body": raw.body,
        "content-type": properties.get("content_type"),
        "content-encoding": properties.get("content_encoding"),
        "headers": properties.get("application_headers") or {},
        "properties": {**properties, "delivery_info": info},
    }


def _write_back(raw: Any, message: whole_messages.Message) -> None:
    raw.body = message["body"]
    raw.properties["content_type"] = message["content-type"]
    raw.properties["content_encoding"] = message["content-encoding"]
    raw.properties["application_headers"] = message["headers"]
