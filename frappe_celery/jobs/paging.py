"""Pages of jobs, newest first, each as cheap as the first, however many jobs lie before it.

A page goes on after the last run of the one before, not after a number of runs: what is enqueued or
ends meanwhile shifts nothing, and nothing has to be counted or passed over.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.job import Job, JobStatus
from frappe_celery.jobs.search import Wanted
from frappe_celery.jobs.store import JobStore

LOOKED_AT = 5000
"""Runs that are read for one page where a method is wanted; then it ends, full or not."""
AT_ONCE = 500

Place = tuple[float, bytes]
"""Where a run stands among all: when it entered its status, and its id."""


@dataclass(frozen=True)
class Page:
    """Jobs, and where the next page begins."""

    jobs: list[Job]
    after: str | None
    """Opaque; None: there are no more."""
    looked_at: int
    """How many runs were read for it."""


def page(store: JobStore, wanted: Wanted, length: int, after: str | None = None) -> Page:
    """`length` wanted jobs, or those among `LOOKED_AT` runs, that come after `after`.

    Raises:
        ValueError: `after` is no page's.
        BrokerUnreachable.
    """
    store.expire()
    last = None if after is None else _place(after)
    at_once = length if wanted.method is None else max(length, AT_ONCE)
    found: list[Job] = []
    looked_at = 0
    while looked_at < LOOKED_AT:
        places = list(islice(_places(store, wanted, last, at_once + 1), at_once + 1))
        more = len(places) > at_once
        runs = [run.decode() for _, run in places[:at_once]]
        for last, job in zip(places, store.read(runs)):  # noqa: B905 (one more place than runs)
            looked_at += 1
            if job is not None and wanted.matches(job):
                found.append(job)
            if len(found) == length:
                more = more or last != places[-1]
                break
        if not more or len(found) == length:
            return Page(found, _text(last) if more and last else None, looked_at)
    return Page(found, last and _text(last), looked_at)


def counts(store: JobStore, wanted: Wanted) -> dict[JobStatus, int]:
    """How many there are in each status of that site, queue and time, of whatever method."""
    store.expire()
    places = store.places(wanted.site, wanted.queue)
    since = "-inf" if wanted.since is None else wanted.since
    until = "+inf" if wanted.until is None else wanted.until
    with naming_the_server(store.url):
        pipe = store.client.pipeline(transaction=False)
        for status in JobStatus:
            for place in places:
                pipe.zcount(store.keys.index(place, status), since, until)
        numbers = iter(pipe.execute())
    return {status: sum(islice(numbers, len(places))) for status in JobStatus}


def _places(store: JobStore, wanted: Wanted, last: Place | None, length: int) -> Iterable[Place]:
    """The next `length` places of each index that is wanted, all in one order."""
    keys = [
        store.keys.index(place, status)
        for place in store.places(wanted.site, wanted.queue)
        for status in wanted.statuses
    ]
    newest = "+inf" if wanted.until is None else wanted.until
    oldest = "-inf" if wanted.since is None else wanted.since
    with naming_the_server(store.url):
        pipe = store.client.pipeline(transaction=False)
        for key in keys:
            if last is not None:  # those of the same instant, rarely more than one
                pipe.zrevrangebyscore(key, last[0], last[0], withscores=True)
                newest = f"({last[0]!r}"
            pipe.zrevrangebyscore(key, newest, oldest, 0, length, withscores=True)
        answers = pipe.execute()
    indexes = [[(at, run) for run, at in pairs] for pairs in answers if pairs]
    places = heapq.merge(*indexes, reverse=True)
    return places if last is None else (place for place in places if place < last)


def _text(place: Place) -> str:
    return f"{place[0]!r}-{place[1].decode()}"


def _place(text: str) -> Place:
    at, _, run = text.partition("-")
    return float(at), run.encode()
