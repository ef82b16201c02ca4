"""Steps of the worker by which it counts as alive, and is back soon after its broker.

`Pulse` is a thread that says that this process lives, however busy, starved or cut off the worker's
loop is: what its pool's processes run is then taken for dead by nobody (see `jobs/lua/reap.lua`).
The loop says so of its own connection, on which what it holds and has not started depends.
"""

from __future__ import annotations

import threading
import time
from functools import partial
from typing import Any

from celery import bootsteps
from celery.worker.consumer import Consumer as CeleryConsumer
from redis.exceptions import RedisError

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.transport import HEARTBEAT_SECONDS, process_name

AGAIN_SECONDS = 1.0
"""How soon the thread asks a broker again that is away."""
RECONNECT_SECONDS = 2.0
"""How soon the loop does, which logs each time that it could not connect."""


class Pulse(bootsteps.StartStopStep):
    """Lasts as long as the process: also while Celery waits for its pool to end."""

    def start(self, worker: Any) -> None:
        """With a connection of its own, which no fork can catch in use."""
        store = JobStore(get_store().settings)
        threading.Thread(target=_beat, args=(store,), daemon=True, name="pulse").start()

    def stop(self, worker: Any) -> None:
        """Not yet."""


def _beat(store: JobStore) -> None:
    while True:
        try:
            store.run_script("alive", (store.keys.consumers,), process_name())
        except (BrokerUnreachable, RedisError):
            time.sleep(AGAIN_SECONDS)
        else:
            time.sleep(HEARTBEAT_SECONDS)


class Consumer(CeleryConsumer):
    """Looks for a lost broker at short and equal intervals; Celery's grow to 30 s."""

    def ensure_connected(self, conn: Any) -> Any:
        """The connection, once the broker answers."""
        conn.ensure_connection = partial(
            conn.ensure_connection, interval_start=RECONNECT_SECONDS, interval_step=0
        )
        return super().ensure_connected(conn)
