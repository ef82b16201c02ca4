"""The jobs of a dead worker: those only fetched run elsewhere, those started are `abandoned`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection

from redis.exceptions import ResponseError

from frappe_celery.jobs import JobStore
from frappe_celery.worker import abandoned

DEAD_AFTER_SECONDS = 10.0
"""A process that gave no sign of life for this long is dead; they give one every 3 s."""
CUT_OFF_SECONDS = 5.0
"""A reaper that could not look for this long was cut off from the broker, or stood still."""
PATIENCE_SECONDS = DEAD_AFTER_SECONDS
"""How long it judges nobody after that: the others were cut off too, and look for the broker every
second (`brokers.heartbeat`)."""


class Patience:
    """Whether a reaper may judge; asked each time that it could."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last = clock()
        self._judges_from = self._last

    def is_over(self) -> bool:
        """False for a while after nobody asked for long."""
        now = self._clock()
        if now - self._last > CUT_OFF_SECONDS:
            self._judges_from = now + PATIENCE_SECONDS
        self._last = now
        return now >= self._judges_from


def reap(
    store: JobStore, dead_after: float = DEAD_AFTER_SECONDS, queues: Collection[str] = ()
) -> list[str]:
    """Settle what dead consumers held; returns the runs that they had started. Any number may reap.

    `queues` are those that the calling worker consumes (see `abandoned.end_or_repeat`).
    """
    started_runs = []
    seconds, microseconds = store.client.time()
    before = seconds + microseconds / 1e6 - dead_after
    since = _may_be_judged_since(store, seconds)
    for consumer in store.client.zrangebyscore(store.keys.consumers, since, f"({before}"):
        name = consumer.decode()
        keys = (store.keys.in_flight(name), store.keys.consumers)
        why = f"the worker {name} that ran it gave no sign of life for {dead_after:.0f} s"
        # what it had only fetched is given back; what it had started is named until it is settled
        while started := store.run_script("reap", keys, store.keys.prefix, name, before):
            for run in map(bytes.decode, started):
                abandoned.end_or_repeat(store, run, why, queues=queues)
                started_runs.append(run)
    return started_runs


def _may_be_judged_since(store: JobStore, second: int) -> float:
    """Who gave no sign of life after the broker's start may just not have connected again yet.

    Also a worker that has only just started, and has no patience to keep, must know that.
    """
    try:
        up = int(store.client.info("server")["uptime_in_seconds"])
    except ResponseError:  # a server that does not let everybody ask
        return -math.inf
    return second - up if up < PATIENCE_SECONDS else -math.inf
