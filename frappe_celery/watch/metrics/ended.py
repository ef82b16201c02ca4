"""Follows the runs as they end: each is met once by a process that looks often enough.

Also what scheduled methods and queued actions raised, which Frappe catches (`caught`).

Records of finished runs are kept for `rq_results_ttl` seconds; a follower that looks more often
than that misses only runs that ask to be kept for less.
"""

from __future__ import annotations

from dataclasses import dataclass

from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.job import ENDED
from frappe_celery.watch import caught
from frappe_celery.watch.caught import Caught
from frappe_celery.watch.snapshot import method_of

OVERLAP_SECONDS = 60.0
"""How late a run's end may be recorded, by a worker whose clock is behind or that was cut off."""
AT_ONCE = 1000
FIELDS = ("place", "about", "status", "enqueued_at", "started_at", "ended_at")
WAITING = 5_000
"""Waiting runs of a site in a queue whose methods are told, those that have waited longest."""


@dataclass(frozen=True)
class Run:
    """A run of which something is counted; times in seconds."""

    site: str
    queue: str
    method: str
    status: JobStatus
    waited: float | None
    ran: float | None


class Follower:
    """Meets the runs that end after its first poll."""

    def __init__(self, store: JobStore) -> None:
        self.store = store
        self._polled_at: float | None = None
        self._seen: frozenset[bytes] = frozenset()
        self._caught: frozenset[str] | None = None

    def poll(self) -> list[Run]:
        """The runs that ended since the last poll; raises BrokerUnreachable, and loses none."""
        now = self.store.now() // 1
        lately = self._entered(ENDED, (self._polled_at or now) - OVERLAP_SECONDS)
        new = [] if self._polled_at is None else [r for r in lately if r not in self._seen]
        runs = self._records(new)
        self._polled_at, self._seen = now, frozenset(lately)
        return runs

    def caught(self) -> list[Caught]:
        """What was caught since the last call; raises BrokerUnreachable, and loses none."""
        lately = caught.lately(self.store, 0, None)
        new = [one for one in lately if self._caught is not None and one.run not in self._caught]
        self._caught = frozenset(one.run for one in lately)
        return new

    def running(self) -> list[Run]:
        return self._records(self._entered((JobStatus.STARTED,), 0))

    def waiting(self) -> list[Run]:
        """What waits now, up to `WAITING` of each site in each queue."""
        return self._records(self._entered((JobStatus.QUEUED,), 0, WAITING))

    def _entered(
        self, statuses: tuple[JobStatus, ...], since: float, most: int = -1
    ) -> list[bytes]:
        keys = self.store.keys
        words = keys.prefix, since, most, *(status.value for status in statuses)
        found: list[bytes] = self.store.run_script("entered_lately", (keys.places,), *words)
        return found

    def _records(self, runs: list[bytes]) -> list[Run]:
        found = []
        for start in range(0, len(runs), AT_ONCE):
            some = [run.decode() for run in runs[start : start + AT_ONCE]]
            found += self.store.fields(some, *FIELDS)
        return [_run(*((text or b"").decode() for text in record)) for record in found if record[0]]


def _run(place: str, about: str, status: str, enqueued: str, started: str, ended: str) -> Run:
    site, _, queue = place.partition("|")
    waited, ran = _between(enqueued, started), _between(started, ended)
    return Run(site, queue, method_of(about), JobStatus(status), waited, ran)


def _between(start: str, end: str) -> float | None:
    return max(0.0, float(end) - float(start)) if start and end else None
