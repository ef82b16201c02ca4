"""Tells a worker's parent which queue got a task: a channel in Redis that each sender rings."""

from __future__ import annotations

from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

LOST = (RedisConnectionError, RedisTimeoutError, OSError)


class Bell:
    """A subscription. Without it a worker looks into its queues every second."""

    def __init__(self, client: Any, channel: str) -> None:
        self._subscription = client.pubsub(ignore_subscribe_messages=True)
        self._channel = channel
        self.listens = False

    def fileno(self) -> int | None:
        """Its socket, None while there is none; every connection has another one."""
        connection = self._subscription.connection
        sock = getattr(connection, "_sock", None)  # see `taker.Taker.listen`
        return sock.fileno() if self.listens and sock is not None else None

    def listen(self) -> bool:
        """Subscribe, unless that is done; whether it had to, and may have missed something."""
        if self.listens:
            return False
        try:
            self._subscription.subscribe(self._channel)
        except RedisError:
            return False
        self.listens = True
        return True

    def heard(self) -> set[str]:
        """The queues for which it rang since it was last asked; does not wait."""
        queues: set[str] = set()
        if not self.listens:
            return queues
        try:
            while self._subscription.connection.can_read(timeout=0):
                kind, _, *told = self._subscription.parse_response()
                if kind == b"message":
                    queues.add(told[-1].decode())
        except LOST:
            self.listens = False
            self._subscription.connection.disconnect()
        return queues

    def close(self) -> None:
        self.listens = False
        self._subscription.close()
