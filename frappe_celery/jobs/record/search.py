"""Looking through any number of jobs, newest first, reading no more than the caller wants."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice

from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.job import Job, JobStatus
from frappe_celery.jobs.record.store import JobStore

AT_ONCE = 500


@dataclass(frozen=True)
class Wanted:
    """Which jobs are looked for; what is None counts for any."""

    site: str | None = None
    queue: str | None = None
    statuses: tuple[JobStatus, ...] = tuple(JobStatus)
    method: str | None = None
    """Dotted path, of scheduled jobs that of their method; `*` stands for any characters."""
    since: float | None = None
    """Seconds since the epoch; not before this did it enter the status that it is in."""
    until: float | None = None

    def matches(self, job: Job) -> bool:
        """Whether the method is the wanted one, where one is."""
        pattern = self.method
        return pattern is None or any(fnmatchcase(n, pattern) for n in (job.method, job.job_name))


def search(
    store: JobStore, wanted: Wanted, tell: Callable[[int], object] = lambda seen: None
) -> Iterator[Job]:
    """The wanted jobs, newest first by when they entered their status.

    What changes meanwhile may be met twice or not at all: whoever changes jobs lists them first.
    `tell` hears now and then how many have been looked at.
    """
    store.expire()
    keys = [
        store.keys.index(place, status)
        for place in store.places(wanted.site, wanted.queue)
        for status in wanted.statuses
    ]
    found = heapq.merge(*_indexes(store, keys, wanted), key=lambda pair: -pair[1])
    seen = 0
    while runs := [run.decode() for run, _ in islice(found, AT_ONCE)]:
        for job in store.read(runs):
            if job is not None and wanted.matches(job):
                yield job
        seen += len(runs)
        tell(seen)


Pairs = list[tuple[bytes, float]]


def _indexes(
    store: JobStore, keys: list[str], wanted: Wanted
) -> Iterable[Iterator[tuple[bytes, float]]]:
    """The runs of each index; the first ones of all of them are read in one go."""
    first = [0] * len(keys)
    with naming_the_server(store.url):
        if wanted.until is not None:
            pipe = store.client.pipeline(transaction=False)
            for key in keys:
                pipe.zcount(key, f"({wanted.until}", "+inf")
            first = pipe.execute()
        pipe = store.client.pipeline(transaction=False)
        for key, start in zip(keys, first):  # noqa: B905 (equal by construction)
            pipe.zrevrange(key, start, start + AT_ONCE - 1, withscores=True)
        pages: list[Pairs] = pipe.execute()
    return [
        _index(store, key, start, page, wanted.since)
        for key, start, page in zip(keys, first, pages)  # noqa: B905 (equal by construction)
        if page
    ]


def _index(
    store: JobStore, key: str, start: int, page: Pairs, since: float | None
) -> Iterator[tuple[bytes, float]]:
    while page:
        for run, at in page:
            if since is not None and at < since:
                return
            yield run, at
        if len(page) < AT_ONCE:
            return
        start += AT_ONCE
        with naming_the_server(store.url):
            page = store.client.zrevrange(key, start, start + AT_ONCE - 1, withscores=True)
