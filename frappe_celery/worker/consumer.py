"""Celery's consumer, which waits for its broker without letting anything else wait."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import suppress
from functools import partial
from typing import Any

from celery.worker.consumer import Consumer as CeleryConsumer

from frappe_celery.jobs import successes

RECONNECT_SECONDS = 2.0
"""How often it tries to connect; each failure is logged."""
REST_SECONDS = 1.0
"""How long the rest of a message may take to come, and word of what a process was handed; only of
one that died or stands still it takes longer."""
MESSAGES_MOST = 100
"""Of one process, which tells of a job twice; the pipe of one that died seems never empty."""


class Consumer(CeleryConsumer):
    """Looks for a lost broker at short and equal intervals; Celery's grow to 30 s.

    An event that cannot be sent (Flower's heartbeats) is kept until it can; Celery tries again and
    again within the worker's loop, which hears nothing meanwhile, not even that it is to stop.
    """

    def ensure_connected(self, conn: Any) -> Any:
        """The connection, once the broker answers."""
        conn.ensure = partial(conn.ensure, max_retries=1)
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=RECONNECT_SECONDS, interval_step=0
        )
        return super().ensure_connected(conn)

    def loop_args(self) -> Any:
        """What Celery's loop gets: it throws away messages that it has read by half."""
        return tuple(_Hub(arg) if arg is self.hub and arg else arg for arg in super().loop_args())

    def on_close(self) -> None:
        """Celery forgets what it does not know to have begun: it is to know what has.

        A process that runs such a job would report to nobody, and wait 30 s to be heard when it is
        told to end. One that has not begun after `REST_SECONDS` reports to the store itself.
        """
        if self.hub:
            _finish_reading(self.hub)
            until = time.monotonic() + REST_SECONDS
            _hear(self.pool, self.hub)
            while _handed(self.pool) and time.monotonic() < until:
                time.sleep(0.001)
                _hear(self.pool, self.hub)
            successes.know_those_of("")
            _hear(self.pool, self.hub)
        super().on_close()


class _Hub:
    """The worker's event loop. A pool process's message that was read by half is read to its end
    before the loop forgets its readers: what follows in that pipe could never be read again."""

    def __init__(self, hub: Any) -> None:
        self.__dict__["_hub"] = hub

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hub, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._hub, name, value)

    def reset(self) -> None:
        """After a lost connection."""
        _finish_reading(self._hub)
        self._hub.reset()


def _finish_reading(hub: Any) -> None:
    until = time.monotonic() + REST_SECONDS
    for fileno, (reader, _) in list(hub.readers.items()):
        while isinstance(reader, Generator) and time.monotonic() < until:
            try:
                next(reader)
            except StopIteration:
                break
            except (OSError, EOFError):
                hub.remove_reader(fileno)
                break
            time.sleep(0.001)


def _handed(pool: Any) -> bool:
    """Whether a living process of a prefork pool was handed a job of which it has not told yet."""
    return any(
        job._write_to is not None and not job.accepted() and job._write_to._is_alive()
        for job in list(getattr(getattr(pool, "_pool", None), "_cache", {}).values())
    )


def _hear(pool: Any, hub: Any) -> None:
    """Read what a prefork pool's processes have told and the loop has not read."""
    processes: Any = getattr(pool, "_pool", None)
    read = getattr(processes, "handle_result_event", None)
    if read is None:
        return
    for fileno, process in list(processes._fileno_to_outq.items()):
        for _ in range(MESSAGES_MOST):
            with suppress(OSError):
                if process.outq._reader.poll(0):
                    read(fileno)
                    _finish_reading(hub)
                    continue
            break
