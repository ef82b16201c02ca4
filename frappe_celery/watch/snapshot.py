"""What alerts, metrics, pages and doctor read alike: the queues now, whatever their length."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, TypeVar

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.limits.rules import covers
from frappe_celery.jobs.message import shown_method
from frappe_celery.jobs.record.record import called

T = TypeVar("T")

PLACES_AT_ONCE = 200
"""A thousand sites' places would hold Redis up for too long."""
NUMBERS = ("queued", "started", "scheduled", "deferred", "failed", "failed_lately", "attempts")
"""Of a Place."""
FULL = 0.9
"""The share of its memory with which a Redis is nearly full."""


@dataclass(frozen=True)
class Place:
    """What is in a queue for a site."""

    site: str
    queue: str
    queued: int
    started: int
    scheduled: int
    deferred: int
    failed: int
    failed_lately: int
    attempts: int
    """That failed lately, and are repeated; of the last hour at most."""
    oldest: float | None
    """When the job that has waited longest was enqueued, seconds since the epoch."""

    @property
    def later(self) -> int:
        """How many wait for their time or for other jobs."""
        return self.scheduled + self.deferred

    @property
    def name(self) -> str:
        """As indexes in Redis have it: `site|queue`."""
        return f"{self.site}|{self.queue}"

    def is_held(self, paused: Iterable[str], kept_by: str | None = None) -> bool:
        """Whether a job there waits for the end of a pause of these targets.

        Args:
            kept_by: the limit or pause that keeps the job back.
        """
        counters = (f"site:{self.site}", f"queue:{self.queue}", kept_by)
        return any(covers(target, c) for target in paused for c in counters if c)


@dataclass(frozen=True)
class Snapshot:
    """Everything, each place at an instant; times are the Redis server's."""

    at: float
    places: list[Place] = field(default_factory=list)

    def waits(self, place: Place) -> float:
        """For how many seconds the job has that has waited longest there; 0: none waits."""
        return 0.0 if place.oldest is None else max(0.0, self.at - place.oldest)


def take(store: JobStore, failures_of: float, site: str | None = None) -> Snapshot:
    """Read it, of a site or all; `failures_of` are the last seconds whose failures are counted."""
    store.expire()
    at, names, places = store.now(), store.places(site, None), list[Place]()
    for start in range(0, len(names), PLACES_AT_ONCE):
        words = at - failures_of, *names[start : start + PLACES_AT_ONCE]
        found = json.loads(store.run_script("count_places", (), store.keys.prefix, *words))
        places += map(_place, found)
    return Snapshot(at, sorted(places, key=lambda place: (place.site, place.queue)))


def _place(values: list[Any]) -> Place:
    name, *counts, oldest = values
    site, _, queue = name.partition("|")
    numbers: list[Any] = [*counts, float(oldest or 0) or None]
    return Place(site, queue, *numbers)


def grouped(things: Iterable[T], name: str) -> defaultdict[str, list[T]]:
    """Places or the like by the attribute of that name."""
    found = defaultdict[str, list[T]](list)
    for thing in things:
        found[getattr(thing, name)].append(thing)
    return found


def together(places: list[Place]) -> Place:
    """Several places as one, which has no name."""
    oldest = min((place.oldest for place in places if place.oldest is not None), default=None)
    numbers = {name: sum(map(attrgetter(name), places)) for name in NUMBERS}
    return Place(site="", queue="", oldest=oldest, **numbers)


def about(store: JobStore, runs: list[bytes]) -> list[tuple[str | None, str | None]]:
    """Of each of these runs, in the same order, what it calls, None: it is gone; and the limit or
    pause that keeps it back, as `jobs.limits.rules.Limits.kept_back` names it."""
    found = store.fields([run.decode() for run in runs], "about", "parked")
    return [
        (method_of(its) if its else None, kept_by.decode() if kept_by else None)
        for its, kept_by in found
    ]


def method_of(about: bytes | str) -> str:
    """What a run calls, by the field `about` of its record."""
    return shown_method(*called(about))


def memory_used(store: JobStore) -> float | None:
    """The share of `maxmemory` that the Redis uses, 0 to 1; None: it has no limit.

    Raises:
        BrokerUnreachable.
    """
    info: dict[str, Any] = store.client.info("memory")
    most = info.get("maxmemory", 0)
    return info["used_memory"] / most if most else None
