"""A step of each worker that settles what dead workers held: what was only fetched runs elsewhere,
what was started is `abandoned`. What nobody holds at all is found by `ghosts`.
"""

from __future__ import annotations

import math
import time
from typing import Any

from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.workers import DEAD_AFTER_SECONDS
from frappe_celery.worker import abandoned, ghosts
from frappe_celery.worker.bootsteps import Repeated
from frappe_celery.worker.crew import crew_of, let_go

CUT_OFF_SECONDS = 5.0
"""A reaper that could not look for this long was cut off from the broker, or stood still."""
PATIENCE_SECONDS = DEAD_AFTER_SECONDS
"""How long it judges nobody after that: the others were cut off too, and look for the broker every
second (`brokers.heartbeat`)."""


class Reaper(Repeated):
    """Each worker's; any may settle what another held."""

    seconds = 2.0
    _judges_from = 0.0
    _looked_at = math.inf

    def tick(self, consumer: Any) -> None:
        if self.may_judge(time.time()):
            reap(get_store())

    def may_judge(self, now: float) -> bool:
        """Asked at each look; False for a while after it could not look for long."""
        if now - self._looked_at > CUT_OFF_SECONDS:
            self._judges_from = now + PATIENCE_SECONDS
        self._looked_at = now
        return now >= self._judges_from


def reap(store: JobStore, dead_after: float = DEAD_AFTER_SECONDS) -> list[str]:
    """Settle what dead consumers held; returns the runs that they had started. Any may reap."""
    started_runs = []
    before = store.now() - dead_after
    for consumer in store.client.zrangebyscore(store.keys.consumers, "-inf", f"({before}"):
        name = consumer.decode(errors="replace")
        why = f"the worker {name} that ran it gave no sign of life for {dead_after:.0f} s"
        # what it had only fetched is given back; what it had started is named until it is settled
        while started := let_go(store, name, before=before):
            for run in started:
                abandoned.end_or_repeat(store, run, why)
                started_runs.append(run)
    return started_runs


class CameBack(Repeated):
    """Settles what another broker than before holds: one restored from a copy says that this worker
    has runs, and what waited in RabbitMQ waits in Redis at its first worker's start."""

    seconds = 30.0

    def tick(self, consumer: Any) -> None:
        crew_of(consumer.controller).release_what_came_back()
        ghosts.follow_the_broker(get_store())
