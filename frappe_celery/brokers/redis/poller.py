"""Waits for what the transport's connections bring, and asks for the next message."""

from __future__ import annotations

import time
from queue import Empty
from typing import TYPE_CHECKING, Any

from kombu.transport import redis as kombu_redis
from redis.exceptions import TimeoutError as RedisTimeoutError

from frappe_celery.brokers.heartbeat import GIVEN_UP_AFTER_SECONDS

if TYPE_CHECKING:
    from frappe_celery.brokers.redis.transport import Channel


class Poller(kombu_redis.MultiChannelPoller):
    """Asks for the next message when the bell rang, instead of by a blocking pop."""

    def __init__(self) -> None:
        super().__init__()
        self.consumers: set[Channel] = set()

    def _register_BRPOP(self, channel: Channel) -> None:  # noqa: N802 (kombu's name)
        if not channel.listens:
            self._connect(channel)
        channel.fetch()

    def _connect(self, channel: Channel) -> None:
        if channel not in self.consumers:
            channel.heartbeat()  # before its first fetch, or nobody could settle what it held
            channel.settle_cut_off()
            self.consumers.add(channel)
        if not self._client_registered(channel, channel.client, "BRPOP"):
            channel._in_poll = False
            self._register(channel, channel.client, "BRPOP")
        if not self._client_registered(channel, channel.bell, "BELL"):
            channel.bell.subscribe(channel.keys.bell_of_whole)
            self._register(channel, channel.bell, "BELL")
        channel.rang = channel.listens = True

    def on_readable(self, fileno: int) -> Any:
        """Read what came: kombu leaves it unread while the worker is full, and spins."""
        channel, kind = self._fd_to_chan[fileno]
        if not channel.handlers[kind]():
            raise Empty  # else drain_events would end without a message, and mingle never
        return True

    def look_anyway(self) -> None:
        """Have every consumer look into its queues; one that waits in vain gives up."""
        for channel in self.consumers:
            channel.rang = True
            if channel._in_poll and time.monotonic() - channel.asked_at > GIVEN_UP_AFTER_SECONDS:
                raise RedisTimeoutError("no answer to a fetch")

    def maybe_check_subclient_health(self) -> None:
        """Ask the connections that only listen, or a firewall forgets them."""
        super().maybe_check_subclient_health()
        for channel in self.consumers:
            channel.bell.check_health()

    def maybe_restore_messages(self) -> None:
        """kombu's turn for its visibility timeout, which we do not have; called when idle."""
        self.look_anyway()
        self.heartbeat()

    def on_poll_init(self, poller: Any) -> None:
        self.poller = poller

    def heartbeat(self) -> None:
        """Every consumer gives a sign of life."""
        for channel in self.consumers:
            channel.heartbeat()
