"""A thread that says that this worker's process lives, and knows whether the broker answers.

However busy, starved or cut off the worker's loop is, nobody takes what its processes run for
dead then (see `worker/let_go.lua`). The loop speaks for its own connection, on which what it holds
and has not started depends.
"""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable

from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore

BEAT_SECONDS = 3.0
"""How often there is a sign of life, of the process and of each consumer."""
AGAIN_SECONDS = 1.0
"""How soon a broker that did not take it is asked again."""
SILENT_SECONDS = 5.0
"""After how long without an answer a broker counts as silent."""
GIVEN_UP_AFTER_SECONDS = 5.0
"""After how long without an answer a worker gives up a connection to its broker, unless the
transport options say otherwise: packets may get lost without a word."""
LOOK_ANYWAY_SECONDS = 1.0
"""How often a consumer looks into its queues although no bell rang: after a lost connection."""

speaks_for: Callable[[], Iterable[str]] = tuple
"""Names further consumers for which there are signs of life; asked each time."""
_PROCESS = uuid.uuid4().hex[:12]  # tells processes apart that had the same id one after another
_unanswered_since: float | None = None


def process_name() -> str:
    """How this process is named among the living; its consumers' names begin with it."""
    return f"{socket.gethostname()}:{os.getpid()}:{_PROCESS}"


def begin(store: JobStore, *others: str) -> None:
    """Go on for as long as this process lives. Nothing else may use this store's connections.

    `others` are names for which it speaks, too.
    """
    names = (process_name(), *others)
    threading.Thread(target=_beat, args=(store, names), daemon=True, name="heartbeat").start()


def broker_is_silent() -> bool:
    """Whether a sign of life waits for its answer: then others would wait in vain too."""
    since = _unanswered_since
    return since is not None and time.monotonic() - since > SILENT_SECONDS


def raise_if_silent() -> None:
    """Raise redis-py's TimeoutError at once instead of after its time."""
    if broker_is_silent():
        raise RedisTimeoutError("the broker does not answer")


def _beat(store: JobStore, names: tuple[str, ...]) -> None:
    global _unanswered_since
    while True:
        _unanswered_since = _unanswered_since or time.monotonic()
        try:
            store.run_script("alive", (store.keys.consumers,), *names, *speaks_for())
        except (BrokerUnreachable, RedisError):
            time.sleep(AGAIN_SECONDS)
        else:
            _unanswered_since = None
            time.sleep(BEAT_SECONDS)


def _forget() -> None:
    global _unanswered_since
    _unanswered_since = None


os.register_at_fork(after_in_child=_forget)  # where the thread does not go on
