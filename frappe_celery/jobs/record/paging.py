"""Looking through any number of jobs, newest first, a page at a time or all in a row.

Each page is as cheap as the first: it goes on after the last run of the one before, not after a
number of runs. What is enqueued or ends meanwhile shifts nothing, and nothing has to be counted or
passed over.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from itertools import islice
from math import isfinite

from frappe_celery.jobs.job import Job, JobStatus
from frappe_celery.jobs.record.lookup import JobFinder, bounds

LOOKED_AT = 5000
"""Runs that are read for one page where each has to be looked at; then it ends, full or not."""
AT_ONCE = 500

Place = tuple[float, bytes]
"""Where a run stands among all: when it entered its status, and its id."""


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
    arguments: Callable[[Job], bool] | None = None
    """Whether a job's arguments are the wanted ones; its message has been read."""

    @property
    def reads_each(self) -> bool:
        """Whether the wanted ones are told by their records alone, not by the indexes."""
        return self.method is not None or self.arguments is not None

    def of(self, store: JobFinder, jobs: Iterable[Job]) -> set[Job]:
        """Those that are wanted."""
        found = [job for job in jobs if self._matches(job)]
        if self.arguments is not None:
            store.read_messages(found)
            found = [job for job in found if self.arguments(job)]
        return set(found)

    def _matches(self, job: Job) -> bool:
        pattern = self.method
        return pattern is None or any(fnmatchcase(n, pattern) for n in (job.method, job.job_name))


@dataclass(frozen=True)
class Page:
    """Jobs, and where the next page begins."""

    jobs: list[Job]
    after: str | None
    """Opaque; None: there are no more."""
    looked_at: int
    """How many runs were read for it."""


class NoPlace(ValueError):
    """An `after` that somebody made up."""


def page(store: JobFinder, wanted: Wanted, length: int, after: str | None = None) -> Page:
    """`length` wanted jobs, or those among `LOOKED_AT` runs, that come after `after`.

    Raises:
        NoPlace: `after` is no page's.
        BrokerUnreachable.
    """
    store.expire()
    last = None if after is None else _place(after)
    seen = _seen(store, wanted, last, AT_ONCE if wanted.reads_each else length + 1)
    found, looked_at, after = [], 0, None
    for looked_at, (place, job) in enumerate(seen, 1):
        if job is not None:
            found.append(job)
        if len(found) == length or looked_at == LOOKED_AT:
            at, run = place
            after = f"{at!r}-{run.decode(errors='replace')}" if next(seen, None) else None
            break
    return Page(found, after, looked_at)


def search(
    store: JobFinder,
    wanted: Wanted,
    tell: Callable[[int], object] = lambda seen: None,
    at_once: int = AT_ONCE,
) -> Iterator[Job]:
    """The wanted jobs, newest first by when they entered their status.

    What changes meanwhile may be met twice or not at all: whoever changes jobs lists them first.
    `tell` hears now and then how many have been looked at. `at_once` are read in one go, where the
    caller knows how many it takes.

    Raises:
        BrokerUnreachable.
    """
    store.expire()
    number = 0
    for number, (_, job) in enumerate(_seen(store, wanted, None, at_once), 1):
        if job is not None:
            yield job
        if number % AT_ONCE == 0:
            tell(number)
    tell(number)


def _seen(
    store: JobFinder, wanted: Wanted, last: Place | None, at_once: int
) -> Iterator[tuple[Place, Job | None]]:
    """Every run in the wanted indexes, from after `last` on, with its job if that is wanted."""
    while True:
        places = list(islice(_places(store, wanted, last, at_once), at_once))
        jobs = list(store.read([run.decode(errors="replace") for _, run in places]))
        those = wanted.of(store, filter(None, jobs))
        for last, job in zip(places, jobs):  # noqa: B905 (equal by construction)
            yield last, job if job in those else None
        if len(places) < at_once:
            return


def _places(store: JobFinder, wanted: Wanted, last: Place | None, length: int) -> Iterable[Place]:
    """The next `length` places of each index that is wanted, all in one order."""
    keys = store.indexes(wanted.site, wanted.queue, wanted.statuses)
    oldest, newest = bounds(wanted.since, wanted.until)
    if last is not None:
        newest = repr(last[0])
    keys = _with_the_newest(store, keys, oldest, newest, length)
    read, found = partial(store.client.each, "zrevrangebyscore", keys, withscores=True), []
    if last is not None:  # those of the same instant, rarely more than one
        found = read(newest, newest)
        newest = f"({newest}"
    found += read(newest, oldest, 0, length)
    indexes = [[(at, run) for run, at in pairs] for pairs in found if pairs]
    places = heapq.merge(*indexes, reverse=True)
    return places if last is None else (place for place in places if place < last)


def _with_the_newest(
    store: JobFinder, keys: list[str], oldest: str, newest: str, length: int
) -> list[str]:
    """Of many sites' indexes those in which the next `length` runs are.

    Each of the `length` with the newest runs has one that is newer than all of the others'; those
    of one instant are in no order yet. Of the instant `newest` some runs may lie behind already.
    """
    if len(keys) <= length:
        return keys
    words = newest, oldest, "WITHSCORES", "LIMIT", 0, 1
    newest_of = store.ask_each("ZREVRANGEBYSCORE", keys, *words)
    known = ((float(its[1]), key) for its, key in zip(newest_of, keys, strict=True) if its)
    found = sorted(known, reverse=True)
    ahead = [at for at, _ in found if repr(at) != newest]
    cut = ahead[length - 1] if len(ahead) >= length else float("-inf")
    return [key for at, key in found if at >= cut]


def _place(text: str) -> Place:
    at, _, run = text.partition("-")
    with suppress(ValueError):
        if isfinite(float(at)):
            return float(at), run.encode()
    raise NoPlace(f"{text!r} is no place in a list")
