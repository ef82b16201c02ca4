"""kombu's AMQP transport, whose channels ask for messages of the bench's queues (see `channel`)."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import Any

from kombu.transport import pyamqp

from frappe_celery.brokers import turns
from frappe_celery.brokers.heartbeat import GIVEN_UP_AFTER_SECONDS, LOOK_ANYWAY_SECONDS
from frappe_celery.brokers.rabbitmq.channel import Channel
from frappe_celery.brokers.rabbitmq.frames import frame_handler


class Connection(pyamqp.Connection):
    """Knows the bench, and those of its channels that consume."""

    Channel = Channel

    def __init__(self, *args: Any, **options: Any) -> None:
        timeouts = {"read_timeout": GIVEN_UP_AFTER_SECONDS, "write_timeout": GIVEN_UP_AFTER_SECONDS}
        super().__init__(*args, **{**timeouts, "frame_handler": frame_handler, **options})

    @property
    def consumers(self) -> list[Any]:
        """Its channels that ask queues of the bench."""
        channels = [*(self.channels or {}).values()]
        return [channel for channel in channels if channel is not self and channel.consumed]

    def fetch(self) -> bool:
        """Each consumer hands over its next message; whether there was one."""
        return True in [channel.fetch() for channel in self.consumers]

    def look_anyway(self) -> None:
        """Each consumer looks into its queues."""
        for channel in self.consumers:
            channel.look_anyway()


class Transport(pyamqp.Transport):
    """Named in `broker_transport`; `broker_url` stays an ordinary amqp:// URL."""

    Connection = Connection

    def register_with_event_loop(self, connection: Any, loop: Any) -> None:
        """Let the worker's event loop drive us."""
        super().register_with_event_loop(connection, loop)
        turns.hear(loop)
        loop.on_tick.add(partial(turns.hand_over, connection.fetch))
        loop.call_repeatedly(LOOK_ANYWAY_SECONDS, connection.look_anyway)

    def drain_events(self, connection: Any, timeout: float | None = None, **options: Any) -> Any:
        """For pools without an event loop: until something came, or the time is up."""
        if not connection.consumers:
            return super().drain_events(connection, timeout=timeout, **options)
        give_up_at = time.monotonic() + (math.inf if timeout is None else timeout)
        connection.look_anyway()
        while not connection.fetch():
            left = min(LOOK_ANYWAY_SECONDS, max(0.0, give_up_at - time.monotonic()))
            try:
                return super().drain_events(connection, timeout=left, **options)
            except TimeoutError:
                if time.monotonic() >= give_up_at:
                    raise
            connection.look_anyway()
