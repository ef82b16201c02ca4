"""What anybody who reaches a broker can put there: events, commands, tasks that nobody signed."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import amqp
from celery import Celery

from frappe_celery.jobs import JobStore

JSON = "application/json"


class Raw(amqp.Message):
    """A message of RabbitMQ's whose properties are these bytes, whatever they mean."""

    def __init__(self, body: bytes, properties: bytes) -> None:
        super().__init__(body)
        self.raw = properties

    def _serialize_properties(self) -> bytes:
        return self.raw


class Hand:
    """Of somebody who knows the names, not the key."""

    def __init__(self, store: JobStore, app: Celery) -> None:
        self.store = store
        self.url = store.settings.broker_url
        self.control = app.control.mailbox.exchange.name
        self.events = app.conf.event_exchange
        self._topic: Callable[[str, str], str] = lambda exchange, key: exchange
        if self.url is None:
            with app.connection_for_write() as connection:
                self._topic = connection.default_channel._get_publish_topic
        self._connection: Any = None

    @contextmanager
    def rabbitmq(self) -> Iterator[Any]:
        """A channel, on a connection that is kept."""
        if self._connection is None or not self._connection.connected:
            self._connection = amqp.Connection(str(self.url).split("@")[1].split("/")[0])
            self._connection.connect()
        channel = self._connection.channel()
        try:
            yield channel
        finally:
            if channel.is_open:
                channel.close()

    def command(self, body: bytes, **headers: Any) -> None:
        """On the channel of remote control."""
        self.broadcast(self.control, "", body, headers)

    def event(self, kind: str, body: bytes, **headers: Any) -> None:
        """On that of events; kind: `worker-heartbeat`, …"""
        self.broadcast(self.events, kind.replace("-", "."), body, headers)

    def broadcast(self, exchange: str, key: str, body: bytes, headers: dict[str, Any]) -> None:
        if self.url is None:
            text = json.dumps(written(body, headers, exchange, key)).encode()
            self.publish(exchange, key, text)
            return
        message = amqp.Message(
            body, content_type=JSON, content_encoding="utf-8", application_headers=headers
        )
        with self.rabbitmq() as channel:
            channel.basic_publish_confirm(message, exchange, key)

    def publish(self, exchange: str, key: str, text: bytes) -> None:
        """Of Redis' channels, whatever it is."""
        self.store.client.publish(self._topic(exchange, key), text)

    def task(self, body: bytes, queue: str = "default", own: bool = True, **headers: Any) -> str:
        """In one of the bench's queues, or (not `own`) a team's; gives the id."""
        known = {"lang": "py", "id": uuid.uuid4().hex, **headers}
        if self.url is None:
            text = json.dumps(written(body, known, "", queue))
            self.store.client.lpush(self.store.keys.whole(queue) if own else queue, text)
            self.store.client.publish(self.store.keys.bell_of_whole, queue)
        else:
            message = amqp.Message(
                body, content_type=JSON, content_encoding="utf-8", application_headers=known
            )
            name = f"{self.store.keys.prefix}{queue}:tasks" if own else queue
            with self.rabbitmq() as channel:
                channel.basic_publish_confirm(message, "", name)
        return str(known["id"])


def written(body: bytes, headers: dict[str, Any], exchange: str, key: str) -> dict[str, Any]:
    """A message as kombu's transport for Redis has it."""
    return {
        "body": base64.b64encode(body).decode(),
        "content-type": JSON,
        "content-encoding": "utf-8",
        "headers": headers,
        "properties": {
            "body_encoding": "base64",
            "delivery_tag": uuid.uuid4().hex,
            "delivery_info": {"exchange": exchange, "routing_key": key},
        },
    }
