"""Metrics for Prometheus, read from what the job store holds: they cost no job anything.

What is now is read at each scrape (`GAUGES`). What ended is counted by following the runs as they
end (`Follower`): each is met once by a process that looks often enough. Records of finished runs
are kept for `rq_results_ttl` seconds; who looks more often than that misses only runs that ask to
be kept for less.
"""

from __future__ import annotations

import threading
from collections import Counter as CounterOf
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.batches.batch_state import LOOKED_AT, not_ended
from frappe_celery.jobs.job import ACTIVE, ENDED
from frappe_celery.jobs.limits.rules import Limit, covers
from frappe_celery.jobs.redis_keys import ATTEMPT
from frappe_celery.jobs.stats.losses import newest_loss
from frappe_celery.watch import caught
from frappe_celery.watch.caught import Caught
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.snapshot import grouped, memory_used, method_of, together

BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
"""Upper bounds of the histograms' buckets, in seconds."""
OVERLAP_SECONDS = 60.0
"""How late a run's end may be recorded, by a worker whose clock is behind or that was cut off."""
AT_ONCE = 1000
FIELDS = ("place", "about", "status", "enqueued_at", "started_at", "ended_at", "following")
WAITING = 5_000
"""Waiting runs whose methods are told: as many of each site in each queue, the oldest."""
PLACE = ("site", "queue")
METHOD = (*PLACE, "method")
GAUGES: dict[str, tuple[str, tuple[str, ...]]] = {
    "up": ("Whether the Redis that keeps the jobs answers.", ()),
    "jobs": ("Jobs by the status that they have now.", (*PLACE, "status")),
    "oldest_wait_seconds": ("Wait of the job that has waited longest.", PLACE),
    "queued_jobs": (
        f"Jobs that wait; of more than {WAITING:,} as many of each site in each queue, the oldest.",
        METHOD,
    ),
    "running_jobs": ("Jobs that run now.", METHOD),
    "batches": (
        "Batches that are being made, go, or were canceled in the last day;"
        f" of more than {LOOKED_AT:,} the newest.",
        ("site", "status"),
    ),
    "kept_back": (
        "Jobs that wait for a slot or a minute of each limit, or for the end of a pause.",
        ("target",),
    ),
    "paused": ("1 for what is paused now.", ("target",)),
    "database_away_seconds": (
        "For how long the database of each site has let no job in; none: they do.",
        ("site",),
    ),
    "outbox_waiting": ("Jobs that were committed and are not enqueued yet.", ("site",)),
    "outbox_set_aside": ("Jobs in outboxes that somebody has to decide about.", ("site",)),
    "outbox_oldest_seconds": ("How long the first of those that wait has.", ("site",)),
    "wanted_processes": (
        "Jobs that run, or wait and would begin if a process were free: scale workers by it.",
        ("queue",),
    ),
    "workers": ("Workers that live.", ()),
    "worker_processes": ("Processes of each worker.", ("worker",)),
    "worker_busy": ("Whether each worker runs a job.", ("worker",)),
    "beat_leads": ("The scheduler that leads; none: nothing is enqueued.", ("scheduler",)),
    "beat_lag_seconds": ("How late the longest due entry is.", ()),
    "beat_entries": ("Entries on the agenda.", ()),
    "last_loss_seconds": ("When the Redis that keeps the jobs lost some, since the epoch.", ()),
    "redis_memory_ratio": ("Share of its maxmemory that the Redis which keeps the jobs uses.", ()),
}
"""What is now: each gauge's description and its labels."""
NOW = (*ACTIVE, JobStatus.FAILED)
NO_LIMIT = 10**9
"""Jobs of a queue at once, where none says how many."""

Numbers = Iterable[tuple[tuple[str, ...], float]]
"""Of a gauge, each with the values of its labels."""


@dataclass(frozen=True)
class Run:
    """A run of which something is counted; times in seconds."""

    labels: tuple[str, str, str]
    """Its site, queue and method."""
    status: JobStatus
    waited: float | None
    ran: float | None
    is_attempt: bool
    """Whether another run follows it."""


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
        since = (self._polled_at or now) - OVERLAP_SECONDS
        lately = self.store.entered(since, -1, *ENDED, ATTEMPT)
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
        return self._records(self.store.entered(0, -1, JobStatus.STARTED))

    def waiting(self, places: int) -> list[Run]:
        """What waits now in so many places, up to some `WAITING`."""
        return self._records(self.store.entered(0, WAITING // max(places, 1) + 1, JobStatus.QUEUED))

    def _records(self, runs: list[bytes]) -> list[Run]:
        found = []
        for start in range(0, len(runs), AT_ONCE):
            some = [run.decode() for run in runs[start : start + AT_ONCE]]
            found += self.store.fields(some, *FIELDS)
        return [_run(*((text or b"").decode() for text in record)) for record in found if record[0]]


class Exposition(Collector):
    """Reads the store at each scrape; counts what ended by following it."""

    def __init__(self, store: JobStore, registry: CollectorRegistry) -> None:
        self.store, self.follower = store, Follower(store)
        self._one_at_a_time = threading.Lock()
        registry.register(self)  # first: at a scrape it counts before the counters are read
        self.ended = Counter(
            "frappe_celery_jobs_ended",
            "Jobs that ended, by how: finished, failed, stopped, canceled.",
            [*METHOD, "status"],
            registry=registry,
        )
        self.attempts = Counter(
            "frappe_celery_failed_attempts",
            "Runs that failed, or whose process died, and are repeated.",
            METHOD,
            registry=registry,
        )
        self.caught = Counter(
            "frappe_celery_caught_failures",
            "What scheduled methods and queued actions raised; Frappe catches it, and they finish.",
            ["site", "method"],
            registry=registry,
        )
        self.waited, self.ran = (
            Histogram(f"frappe_celery_job_{name}", text, METHOD, registry=registry, buckets=BUCKETS)
            for name, text in (
                ("wait_seconds", "From enqueue to start."),
                ("run_seconds", "From start to end."),
            )
        )

    def describe(self) -> Iterable[Metric]:
        """Nothing: what it would tell is read from Redis."""
        return []

    def count(self) -> None:
        """Count what ended since the last time; raises BrokerUnreachable."""
        with self._one_at_a_time:
            self.store.expire()
            for run in self.follower.poll():
                if run.is_attempt:
                    self.attempts.labels(*run.labels).inc()
                else:
                    self.ended.labels(*run.labels, run.status.value).inc()
                if run.waited is not None:
                    self.waited.labels(*run.labels).observe(run.waited)
                if run.ran is not None:
                    self.ran.labels(*run.labels).observe(run.ran)
            for one in self.follower.caught():
                self.caught.labels(one.site, one.method).inc()

    def collect(self) -> Iterable[Metric]:
        """Every metric as it is now; without Redis `frappe_celery_up` alone, as 0."""
        try:
            self.count()
            found = [_gauge(name, numbers) for name, numbers in self._now()]
            found.append(
                CounterMetricFamily(
                    "frappe_celery_refused_messages",
                    "Messages that were not acted on: unsigned, altered, or none at all.",
                    value=self.store.number_refused(),
                )
            )
        except BrokerUnreachable:
            found = []
        return [_gauge("up", _one(1 if found else 0)), *found]

    def _now(self) -> Iterable[tuple[str, Numbers]]:
        """Each gauge with its numbers; raises BrokerUnreachable."""
        store, now = self.store, Now(self.store)
        yield (
            "jobs",
            [
                ((place.site, place.queue, status.value), getattr(place, status.value))
                for place in now.places
                for status in NOW
            ],
        )
        yield "oldest_wait_seconds", [((p.site, p.queue), now.waits(p)) for p in now.places]
        waiting = self.follower.waiting(sum(place.queued > 0 for place in now.places))
        yield "queued_jobs", CounterOf(run.labels for run in waiting).items()
        yield "running_jobs", CounterOf(run.labels for run in self.follower.running()).items()
        batches = CounterOf((batch.site, batch.status) for batch in not_ended(store))
        yield "batches", batches.items()
        yield "kept_back", [((one.target,), one.kept_back) for one in now.limits]
        yield "paused", [((one.target,), 1) for one in now.limits if one.paused is not None]
        yield "database_away_seconds", [((one.site,), now.at - one.since) for one in now.outages]
        yield "outbox_waiting", [((one.site,), one.waiting) for one in now.outboxes]
        yield "outbox_set_aside", [((one.site,), one.aside) for one in now.outboxes]
        yield (
            "outbox_oldest_seconds",
            [((one.site,), now.at - one.oldest) for one in now.outboxes if one.oldest is not None],
        )
        yield "wanted_processes", _wanted(now)
        yield "workers", _one(len(now.workers))
        yield "worker_processes", [((one.name,), one.processes) for one in now.workers]
        yield "worker_busy", [((one.name,), one.state == "busy") for one in now.workers]
        found = now.leadership
        yield "beat_leads", [((found.leader,), 1)] if found.leader else []
        sign, lost = found.sign if found.leader else None, newest_loss(store)
        yield "beat_lag_seconds", _one(found.lag(now.at) if sign else None)
        yield "beat_entries", _one(sign.entries if sign else None)
        yield "redis_memory_ratio", _one(memory_used(store))
        yield "last_loss_seconds", _one(lost.end if lost else None)


def _one(number: float | None) -> Numbers:
    return [] if number is None else [((), number)]


def _gauge(name: str, numbers: Numbers) -> Metric:
    text, labels = GAUGES[name]
    gauge = GaugeMetricFamily(f"frappe_celery_{name}", text, labels=labels)
    for values, number in numbers:
        gauge.add_metric(values, number)
    return gauge


def _run(
    place: str, about: str, status: str, enqueued: str, started: str, ended: str, following: str
) -> Run:
    site, _, queue = place.partition("|")
    waited, ran = _between(enqueued, started), _between(started, ended)
    return Run((site, queue, method_of(about)), JobStatus(status), waited, ran, bool(following))


def _between(start: str, end: str) -> float | None:
    return max(0.0, float(end) - float(start)) if start and end else None


def _wanted(now: Now) -> Numbers:
    """How many processes each queue could use: KEDA, an HPA or a script scales workers by it.

    Jobs that run count, and those that wait and would begin if a process were free.
    What a limit or a pause keeps back is not among them, nor what waits for its time.
    """
    places = grouped(now.places, "queue")
    for queue in now.store.settings.queues:
        running = together(places[queue]).started
        most = max(running, _at_once(queue, now.limits))
        yield (queue,), min(running + _in_line(now.store, queue), most)


def _in_line(store: JobStore, queue: str) -> int:
    """What stands in line: what is kept back has left it, unless by a rule of the queue itself."""
    in_redis = sum(length for _, length in store.lanes(queue))
    return in_redis + (
        store.forwarder.waiting_if_known(queue) if store.forwarder is not None else 0
    )


def _at_once(queue: str, limits: list[Limit]) -> int:
    """How many of the queue its closest rule lets run."""
    name = f"queue:{queue}"
    covering = [limit for limit in limits if covers(limit.target, name)]
    if any(limit.paused is not None for limit in covering):
        return 0
    saying = [limit for limit in covering if limit.rule.numbers]
    closest = max(saying, key=lambda one: (one.target == name, len(one.target)), default=None)
    return (closest and closest.rule.running) or NO_LIMIT
