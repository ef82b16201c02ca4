"""How many processes each queue could use now: what KEDA, an HPA or a script scales workers by."""

from __future__ import annotations

from collections import Counter

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.rules import Limit, covers
from frappe_celery.watch.doctor.snapshot import Snapshot

NO_LIMIT = 10**9


def wanted(store: JobStore, now: Snapshot, limits: list[Limit]) -> dict[str, int]:
    """By queue: jobs that run, and those that wait and would begin if a process were free.

    What a limit or a pause keeps back is not among them, nor what waits for its time.

    Raises:
        BrokerUnreachable.
    """
    running = Counter[str]()
    for place in now.places:
        running[place.queue] += place.started
    return {
        queue: min(
            running[queue] + _waiting(store, queue), max(running[queue], _at_once(queue, limits))
        )
        for queue in store.settings.queues
    }


def _waiting(store: JobStore, queue: str) -> int:
    """What stands in line: what is kept back has left it, unless by a rule of the queue itself."""
    in_redis = sum(length for _, length in store.lines(queue))
    return in_redis + (store.outbox.waiting_if_known(queue) if store.outbox is not None else 0)


def _at_once(queue: str, limits: list[Limit]) -> int:
    """How many of the queue its closest rule lets run."""
    name = f"queue:{queue}"
    covering = [limit for limit in limits if covers(limit.target, name)]
    if any(limit.paused is not None for limit in covering):
        return 0
    saying = [limit for limit in covering if limit.rule.numbers]
    closest = max(saying, key=lambda one: (one.target == name, len(one.target)), default=None)
    if closest is None or closest.rule.running is None:
        return NO_LIMIT
    return closest.rule.running
