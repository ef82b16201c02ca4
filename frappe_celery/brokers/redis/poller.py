"""Waits for what the transport's connections bring, and asks for the next message."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from queue import Empty
from typing import TYPE_CHECKING, Any

from kombu.transport import redis as kombu_redis
from redis.exceptions import ResponseError

from frappe_celery.brokers import turns

if TYPE_CHECKING:
    from frappe_celery.brokers.redis.transport import Channel


class Poller(kombu_redis.MultiChannelPoller):
    """Has channels ask for the next message when the bell rang, instead of by a blocking pop.

    A listening connection that redis-py loses and connects anew by itself is registered again in
    the next turn; stock kombu takes it for the end of all, and its worker takes nothing any more.
    """

    def __init__(self) -> None:
        super().__init__()
        self.consumers: set[Channel] = set()
        self._leave: Callable[[], Any] = lambda: None

    def join(self, loop: Any, on_readable: Callable[[int], Any]) -> None:
        """Take part in each turn of a worker's event loop, until this is closed."""

        def turn() -> None:
            self.on_poll_start()
            for fd in self.fds:
                loop.add_reader(fd, on_readable, fd)

        self.on_poll_init(loop.poller)
        turns.hear(loop)
        loop.on_tick.add(turn)
        self._leave = partial(loop.on_tick.discard, turn)

    def close(self) -> None:
        """Its transport is closed."""
        self._leave()
        super().close()

    def on_poll_start(self) -> None:
        """Each turn of the worker's event loop: hand over what waits."""
        super().on_poll_start()
        turns.hand_over(self.fetch)

    def get(self, callback: Any, timeout: float | None = None) -> None:
        """For pools without an event loop: one message of each channel, or whatever comes first."""
        super().on_poll_start()
        if not self.fetch():
            super().get(callback, timeout)

    def fetch(self) -> bool:
        """Have every channel that consumes look for a message; whether one was handed over."""
        consuming = [channel for channel in self._channels if channel.active_queues]
        return True in [channel.fetch() for channel in consuming]

    def _register_BRPOP(self, channel: Channel) -> None:  # noqa: N802 (kombu's name)
        """kombu would begin a blocking pop; this one listens for the bell."""
        if channel not in self.consumers:
            channel.heartbeat()  # before its first fetch, or nobody could settle what it held
            channel.settle_cut_off()
            self.consumers.add(channel)
        self._register_LISTEN(channel)

    def _on_connection_disconnect(self, connection: Any) -> None:
        for channel, client, kind in list(self._chan_to_sock):
            if client.connection is connection:
                del self._chan_to_sock[channel, client, kind]
                for fd in [fd for fd, of in self.fds.items() if of == (channel, kind)]:
                    del self.fds[fd]

    def on_readable(self, fileno: int) -> Any:
        """Read what came: kombu leaves it unread while the worker is full, and spins."""
        channel, kind = self.fds.get(fileno, (None, ""))
        if channel is None or not channel.handlers[kind]():
            raise Empty  # else drain_events would end without a message, and mingle never
        return True

    def look_anyway(self) -> None:
        """Have every consumer look into its queues."""
        for channel in self.consumers:
            channel.rang = True

    def maybe_restore_messages(self) -> None:
        """kombu's turn for its visibility timeout, which we do not have; called when idle."""
        self.look_anyway()
        self.heartbeat()

    def on_poll_init(self, poller: Any) -> None:
        self.poller = poller

    def heartbeat(self) -> None:
        """Every consumer gives a sign of life; that a server takes none the worker's steps tell."""
        for channel in self.consumers:
            with suppress(ResponseError):
                channel.heartbeat()
