"""The state of the queues, read by scripts whose cost the jobs do not raise."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.message import RUN_SCHEDULED_JOB

PLACES_AT_ONCE = 200
"""A thousand sites' places would hold Redis up for too long."""


@dataclass(frozen=True)
class Place:
    """What is in a queue for a site."""

    site: str
    queue: str
    queued: int
    started: int
    scheduled: int
    failed: int
    failed_lately: int
    oldest: float | None
    """When the job that has waited longest was enqueued, seconds since the epoch."""

    @property
    def name(self) -> str:
        """As indexes in Redis have it: `site|queue`."""
        return f"{self.site}|{self.queue}"


@dataclass(frozen=True)
class Held:
    """A run in a worker's hands."""

    consumer: str
    seen: float
    """The consumer's last sign of life."""
    run: str
    queue: str
    status: str


@dataclass(frozen=True)
class Snapshot:
    """Everything, each place and what is held at an instant; times are the Redis server's."""

    at: float
    places: list[Place] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)

    def of(self, site: str | None) -> list[Place]:
        """The places of a site; None: all."""
        return [place for place in self.places if site in (None, place.site)]


def take(store: JobStore, failures_of: float) -> Snapshot:
    """Read it; `failures_of` are the last seconds whose failures are counted."""
    keys = store.keys
    with naming_the_server(store.url):
        at, held = json.loads(store.run_script("held", (keys.consumers,), keys.prefix))
        names = sorted(store.client.smembers(keys.places))
        places: list[Any] = []
        for start in range(0, len(names), PLACES_AT_ONCE):
            some = names[start : start + PLACES_AT_ONCE]
            since = float(at) - failures_of
            places += json.loads(store.run_script("count_places", (), keys.prefix, since, *some))
    return Snapshot(
        at=float(at),
        places=sorted(map(_place, places), key=lambda place: (place.site, place.queue)),
        held=[Held(consumer, float(seen), *rest) for consumer, seen, *rest in held],
    )


def _place(values: list[Any]) -> Place:
    place, queued, started, scheduled, failed, failed_lately, oldest = values
    site, _, queue = place.partition("|")
    return Place(
        site, queue, queued, started, scheduled, failed, failed_lately, float(oldest or 0) or None
    )


@dataclass(frozen=True)
class About:
    """What is told of a run."""

    method: str | None
    """What it calls; None: it is gone."""
    kept_by: str | None
    """The limit or pause that keeps it back, as `jobs.limits.rules.Limits.kept_back` names it."""


def about(store: JobStore, runs: list[bytes]) -> list[About]:
    """What is known of each of these runs, in the same order."""
    found = store.run_script("about_runs", (), store.keys.prefix, *runs)
    return [About(_method(its), kept_by.decode() or None) for its, kept_by in found]


def methods(store: JobStore, runs: list[bytes]) -> list[str | None]:
    """What the runs call, None for one that is gone."""
    return [its.method for its in about(store, runs)]


def _method(about: bytes) -> str | None:
    if not about:
        return None
    _, path, name, _ = json.loads(about)
    return str(name if path == RUN_SCHEDULED_JOB else path)


def index(place: Place, status: JobStatus, store: JobStore) -> str:
    """The key of the runs of a place in a status."""
    return store.keys.index(place.name, status)
