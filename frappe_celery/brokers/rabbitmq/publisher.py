"""Sends messages to RabbitMQ and waits until it has confirmed them: it has them on its disks."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import amqp
from kombu import Connection

from frappe_celery.brokers.rabbitmq.frames import frame_handler
from frappe_celery.brokers.rabbitmq.queue_names import BELL, declare
from frappe_celery.config.files import options_stand_in
from frappe_celery.config.urls import without_password
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs.connection import ANSWER_SECONDS, CONNECT_SECONDS

T = TypeVar("T")
LOST: tuple[type[Exception], ...] = (*amqp.Connection.connection_errors, TimeoutError)
FAILURES: tuple[type[Exception], ...] = (*LOST, amqp.AMQPError)
AT_ONCE = 100
"""Messages that are under way together."""
REST_SECONDS = 3.0
"""How long nobody tries a broker that was away: callers should not all wait for it."""


class NotTaken(BrokerUnreachable):
    """The broker is there, and refuses what it is asked."""


@dataclass(frozen=True)
class Letter:
    """A message for a queue, whose name is RabbitMQ's."""

    id: str
    queue: str
    body: str | bytes
    headers: dict[str, Any]
    properties: dict[str, Any] = field(default_factory=dict)
    """AMQP's, of a message that is no job's."""


class Publisher:
    """Connections of this process's own, as many as are used at once. Safe to use after a fork."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._idle: list[_Line] = []
        self._parents: list[_Line] = []
        self._process = os.getpid()
        self._rests_until = 0.0
        self._why = ""

    def publish(self, letters: Sequence[Letter]) -> set[str]:
        """Send; returns the ids of those that RabbitMQ has taken.

        Raises:
            BrokerUnreachable: it may have taken some.
        """
        taken: set[str] = set()
        for start in range(0, len(letters), AT_ONCE):
            some = letters[start : start + AT_ONCE]
            taken |= self._with_line(partial(_Line.publish, letters=some))
        return taken

    def deliver(self, letter: Letter) -> None:
        """Send one; raises BrokerUnreachable, also when RabbitMQ does not take it."""
        if not self.publish([letter]):
            raise BrokerUnreachable("RabbitMQ did not take the message")

    def ring(self, name: str) -> None:
        """Tell parents that something came into a queue; they look anyway."""
        with suppress(BrokerUnreachable):
            self._with_line(partial(_Line.put_empty, exchange=BELL, routing_key=name))

    def takes(self) -> None:
        """Send messages to nobody; raises BrokerUnreachable when one is not confirmed.

        A RabbitMQ short of memory or disk takes the first one, and reads no further.
        """
        for _ in range(2):
            self._with_line(_Line.put_empty)

    def waiting(self, queues: Sequence[str]) -> int:
        """How many messages wait in these queues together; raises BrokerUnreachable."""
        return self.ask(lambda channel: sum(declare(channel, name) for name in queues))

    def ask(self, question: Callable[[Any], T]) -> T:
        """What `question` returns of an open channel. Raises BrokerUnreachable."""
        return self._with_line(lambda line: question(line.channel))

    def forgive(self) -> None:
        """Try again at once: what failed was the question, not the broker."""
        self._rests_until = 0.0

    def _with_line(self, use: Callable[[_Line], T]) -> T:
        if time.monotonic() < self._rests_until:
            raise BrokerUnreachable(self._why)
        try:
            line = self._line()
            try:
                answer = use(line)
            except LOST as exc:
                line.drop()
                if isinstance(exc, TimeoutError):
                    raise
                line = _Line(self.url)  # that one was idle for long, or RabbitMQ started again
                answer = use(line)
        except FAILURES as exc:
            self._why = describe(self.url, exc)
            self._rests_until = time.monotonic() + REST_SECONDS
            refused = isinstance(exc, amqp.ChannelError)
            raise (NotTaken if refused else BrokerUnreachable)(self._why) from exc
        self._idle.append(line)
        return answer

    def _line(self) -> _Line:
        if self._process != os.getpid():
            self._parents = self._idle  # kept: to collect them would shut the parent's sockets
            self._idle, self._process = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return _Line(self.url)


def describe(url: str, exc: BaseException) -> str:
    """Which RabbitMQ is away, or does not do it, and what to do."""
    server, why = f"the RabbitMQ at {without_password(url)}", str(exc) or type(exc).__name__
    if isinstance(exc, amqp.ChannelError):
        return f"{server} answers, and refuses what it is asked: {why}"
    way_out = f"Start it, or mend broker_url in {options_stand_in()}"
    return f"{server} does not answer ({why}). {way_out}"


def connect(url: str) -> Connection:
    """A connection that may be silent for as long as a job runs; raises FAILURES."""
    connection = Connection(
        url,
        heartbeat=0,
        connect_timeout=CONNECT_SECONDS,
        transport_options={
            **dict.fromkeys(("read_timeout", "write_timeout"), ANSWER_SECONDS),
            "frame_handler": frame_handler,
        },
    )
    connection.ensure_connection(
        max_retries=max(0, len(connection.alt) - 1),
        interval_start=0,
        interval_step=0,
        reraise_as_library_errors=False,
    )
    return connection


class _Line:
    """One connection with one channel, on which every message is confirmed."""

    def __init__(self, url: str) -> None:
        self.connection = connect(url)
        try:
            self.channel: Any = self.connection.default_channel
            self.channel.confirm_select()
        except BaseException:
            self.drop()
            raise
        self.channel.events["basic_ack"].add(self._taken)
        self.channel.events["basic_nack"].add(self._refused)
        self.channel.events["basic_return"].add(self._returned)
        self._known: set[str] = set()
        self._sent = 0
        self._open: dict[int, str] = {}
        """The ids of what is not confirmed yet, by their numbers."""
        self._failed: set[str] = set()

    def publish(self, letters: Sequence[Letter]) -> set[str]:
        """Send, and wait for every confirmation."""
        self._failed.clear()
        for letter in letters:
            if letter.queue not in self._known:
                declare(self.channel, letter.queue)
                self._known.add(letter.queue)
            properties = {
                "content_type": "application/json",
                "content_encoding": "utf-8",
                "delivery_mode": 2,
                **letter.properties,
                "message_id": letter.id,
                "application_headers": letter.headers,
            }
            message = amqp.Message(letter.body, **properties)
            self._put(letter.id, message, routing_key=letter.queue, mandatory=True)
        self._wait()
        return {letter.id for letter in letters} - self._failed

    def put_empty(self, exchange: str = "", routing_key: str = "frappe_celery:nobody") -> None:
        """A message to no queue is confirmed too."""
        self._put("", amqp.Message(""), exchange=exchange, routing_key=routing_key)
        self._wait()

    def _put(self, id: str, message: Any, **where: Any) -> None:
        self._sent += 1
        self._open[self._sent] = id
        self.channel.basic_publish(message, **where)

    def _wait(self) -> None:
        give_up_at = time.monotonic() + ANSWER_SECONDS
        while self._open:
            self.connection.drain_events(timeout=max(0.001, give_up_at - time.monotonic()))

    def _taken(self, tag: int, multiple: bool) -> set[str]:
        tags = [t for t in self._open if t <= tag] if multiple else [tag]
        return {self._open.pop(t) for t in tags if t in self._open}

    def _refused(self, tag: int, multiple: bool) -> None:
        self._failed |= self._taken(tag, multiple)

    def _returned(self, exc: Exception, exchange: str, routing_key: str, message: Any) -> None:
        """Its queue was deleted: declared anew before the next one, and this one sent again."""
        self._known.discard(routing_key)
        self._failed.add(message.properties["message_id"])

    def drop(self) -> None:
        """Let go, without waiting for an answer."""
        self.connection.collect(socket_timeout=0.1)
