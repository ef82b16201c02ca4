"""Looking through any number of jobs, newest first, a page at a time or all in a row.

Each page is as cheap as the first: it goes on after the last run of the one before, not after a
number of runs. What is enqueued or ends meanwhile shifts nothing, and nothing has to be counted or
passed over.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from itertools import dropwhile, islice
from math import isfinite
from operator import le

from frappe_celery.jobs.job import Job, JobStatus
from frappe_celery.jobs.record.lookup import JobFinder, bounds
from frappe_celery.jobs.record.record import called

LOOKED_AT = 20_000
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

    def of(self, store: JobFinder, runs: list[str]) -> dict[str, Job]:
        """The wanted jobs by their runs."""
        found = [job for job in store.read(self._called(store, runs)) if job is not None]
        if self.arguments is not None:
            store.read_messages(found)
            found = [job for job in found if self.arguments(job)]
        return {job.run_id: job for job in found}

    def _called(self, store: JobFinder, runs: list[str]) -> list[str]:
        """Those that call the method: told by one field, since few of many may be wanted."""
        if (pattern := self.method) is None:
            return runs
        texts = store.ask_each("HGET", [store.keys.record(run) for run in runs], "about")
        calls = {t for t in set(texts) - {None} if any(fnmatchcase(n, pattern) for n in called(t))}
        return [run for run, text in zip(runs, texts, strict=True) if text in calls]


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
    places = _places(store, wanted, last)
    while some := list(islice(places, at_once)):
        runs = [run.decode(errors="replace") for _, run in some]
        those = wanted.of(store, runs)
        for place, run in zip(some, runs, strict=True):
            yield place, those.get(run)


def _places(store: JobFinder, wanted: Wanted, last: Place | None) -> Iterator[Place]:
    """The places in each index that is wanted, from after `last` on, all in one order."""
    places = store.places(wanted.site, wanted.queue)
    oldest, newest = bounds(wanted.since, wanted.until if last is None else last[0])
    words = newest, oldest, "WITHSCORES", "LIMIT", 0, 1
    newest_of = store.in_indexes("ZREVRANGEBYSCORE", places, wanted.statuses, *words)
    indexes = [
        _downwards(store, store.keys.index(place, status), (float(at), run), oldest)
        for place, status, (run, at) in newest_of
    ]
    found = heapq.merge(*indexes, reverse=True)
    return found if last is None else dropwhile(lambda place: place >= last, found)


def _downwards(store: JobFinder, key: str, place: Place, oldest: str) -> Iterator[Place]:
    """An index from its newest place on, which is known; more are read once they are asked for,
    so that an index whose runs are all older than those shown costs nothing."""
    yield place
    older = [place]
    while older:
        pipe, at = store.client.pipeline(transaction=False), repr(place[0])
        pipe.zrevrangebyscore(key, at, at, withscores=True)  # rarely more than one
        pipe.zrevrangebyscore(key, f"({at}", oldest, 0, AT_ONCE, withscores=True)
        same, older = ([(at, run) for run, at in pairs] for pairs in pipe.execute())
        yield from dropwhile(partial(le, place), same)
        yield from older
        place = older[-1] if older else place


def _place(text: str) -> Place:
    at, _, run = text.partition("-")
    with suppress(ValueError):
        if isfinite(float(at)):
            return float(at), run.encode()
    raise NoPlace(f"{text!r} is no place in a list")
