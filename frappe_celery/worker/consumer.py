"""Celery's consumer, which waits for its broker without letting anything else wait."""

from __future__ import annotations

from functools import partial
from typing import Any

from celery.worker.consumer import Consumer as CeleryConsumer

RECONNECT_SECONDS = 2.0
"""How often it tries to connect; each failure is logged."""

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

    def on_close(self) -> None:
        """Celery forgets what it does not know to have begun: it is to know what has."""
        pool: Any = getattr(self.pool, "_pool", None)
        read = getattr(pool, "handle_result_event", None)
        if read is not None:
            for fileno, process in list(pool._fileno_to_outq.items()):
                for _ in range(MESSAGES_MOST):
                    if not process.outq._reader.poll(0):
                        break
                    read(fileno)
        super().on_close()
