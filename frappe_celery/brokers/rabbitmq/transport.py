"""kombu's AMQP transport, whose channels ask for messages of the bench's queues (see `channel`)."""

from __future__ import annotations

import math
import select
import time
from typing import Any

from celery.utils.functional import noop
from kombu.transport import pyamqp

from frappe_celery.brokers.heartbeat import GIVEN_UP_AFTER_SECONDS, LOOK_ANYWAY_SECONDS
from frappe_celery.brokers.rabbitmq.channel import Channel
from frappe_celery.brokers.rabbitmq.frames import frame_handler
from frappe_celery.brokers.rabbitmq.names import Names

AT_ONCE = 1000
"""Messages that are handed over in one turn of the loop, which has other work too."""


class Connection(pyamqp.Connection):
    """Knows the bench, and those of its channels that consume."""

    Channel = Channel

    def __init__(
        self,
        *args: Any,
        frappe_celery_prefix: str = "",
        frappe_celery_queues: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        self.names = Names(frappe_celery_prefix, frappe_celery_queues)
        self.consumers: set[Channel] = set()
        self.silent = False
        """RabbitMQ does not answer: nobody waits for it in turn."""
        timeouts = {"read_timeout": GIVEN_UP_AFTER_SECONDS, "write_timeout": GIVEN_UP_AFTER_SECONDS}
        super().__init__(*args, **{**timeouts, "frame_handler": frame_handler, **options})

    def fetch(self) -> bool:
        """Each consumer hands over its next message; whether there was one."""
        return True in [channel.fetch() for channel in list(self.consumers)]

    def look_anyway(self) -> None:
        """Each consumer looks into its queues."""
        for channel in list(self.consumers):
            channel.look_anyway()

    def listened_to(self) -> list[int]:
        """Descriptors that wake the loop, besides the connection's own socket."""
        bells = [channel.bell.fileno() for channel in self.consumers if channel.bell is not None]
        return [fd for fd in bells if fd is not None]

    def close(self, *args: Any, **options: Any) -> Any:
        """In order, unless RabbitMQ would not answer."""
        if self.silent:
            return self.collect()
        return super().close(*args, **options)


class Transport(pyamqp.Transport):
    """Named in `broker_transport`; `broker_url` stays an ordinary amqp:// URL."""

    Connection = Connection

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Let the worker's event loop drive us."""
        super().register_with_event_loop(connection, loop)
        listened: set[int] = set()

        def turn() -> None:
            for _ in range(AT_ONCE):
                if not connection.fetch():
                    break
            now = set(connection.listened_to())
            for fd in listened - now:
                loop.remove(fd)
            for fd in now:
                if fd not in loop.readers:
                    loop.add_reader(fd, noop)  # the next turn reads the bells
            listened.clear()
            listened.update(now)

        loop.on_tick.add(turn)
        loop.call_repeatedly(LOOK_ANYWAY_SECONDS, connection.look_anyway)

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> Any:
        """For pools without an event loop: until something came, or the time is up."""
        if not connection.consumers:
            return super().drain_events(connection, timeout=timeout, **options)
        give_up_at = time.monotonic() + (math.inf if timeout is None else timeout)
        connection.look_anyway()
        while not connection.fetch():
            left = min(LOOK_ANYWAY_SECONDS, max(0.0, give_up_at - time.monotonic()))
            sockets = [connection.sock, *connection.listened_to()]
            readable, _, _ = select.select(sockets, [], [], left)
            if connection.sock in readable:
                return super().drain_events(connection, timeout=0, **options)
            if readable:
                continue  # the next turn reads the bells
            if time.monotonic() >= give_up_at:
                raise TimeoutError
            connection.look_anyway()
