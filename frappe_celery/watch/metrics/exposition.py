"""What Prometheus is told, under which names."""

from __future__ import annotations

import threading
from collections import Counter as CounterOf
from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily
from prometheus_client.core import GaugeMetricFamily as Gauge
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limit, Limits
from frappe_celery.schedule.leadership import leadership
from frappe_celery.watch.doctor import snapshot
from frappe_celery.watch.doctor.broker import memory_used
from frappe_celery.watch.doctor.snapshot import Snapshot
from frappe_celery.watch.metrics.ended import WAITING, Follower
from frappe_celery.watch.metrics.wanted import wanted

BUCKETS = (0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)
"""Upper bounds of the histograms' buckets, in seconds."""
PLACE = ["site", "queue"]
METHOD = [*PLACE, "method"]


class Exposition(Collector):
    """Reads the store at each scrape; counts what ended by following it."""

    def __init__(self, store: JobStore, registry: CollectorRegistry) -> None:
        self.store, self.follower = store, Follower(store)
        self._one_at_a_time = threading.Lock()
        registry.register(self)  # first: at a scrape it counts before the counters are read
        self.ended = Counter(
            "frappe_celery_jobs_ended",
            "Runs that ended, by how: finished, failed, stopped, canceled.",
            [*METHOD, "status"],
            registry=registry,
        )
        self.caught = Counter(
            "frappe_celery_caught_failures",
            "What scheduled methods and queued actions raised; Frappe catches it, and they finish.",
            ["site", "method"],
            registry=registry,
        )
        self.waited = Histogram(
            "frappe_celery_job_wait_seconds",
            "From enqueue to start.",
            METHOD,
            registry=registry,
            buckets=BUCKETS,
        )
        self.ran = Histogram(
            "frappe_celery_job_run_seconds",
            "From start to end.",
            METHOD,
            registry=registry,
            buckets=BUCKETS,
        )

    def describe(self) -> Iterable[Metric]:
        """Nothing: what it would tell is read from Redis."""
        return []

    def count(self) -> None:
        """Count what ended since the last time; raises BrokerUnreachable."""
        with self._one_at_a_time:
            for run in self.follower.poll():
                self.ended.labels(run.site, run.queue, run.method, run.status.value).inc()
                if run.waited is not None:
                    self.waited.labels(run.site, run.queue, run.method).observe(run.waited)
                if run.ran is not None:
                    self.ran.labels(run.site, run.queue, run.method).observe(run.ran)
            for one in self.follower.caught():
                self.caught.labels(one.site, one.method).inc()

    def collect(self) -> Iterable[Metric]:
        """Every metric as it is now; without Redis `frappe_celery_up` alone, as 0."""
        up = Gauge("frappe_celery_up", "Whether the Redis that keeps the jobs answers.")
        try:
            self.count()
            now = snapshot.take(self.store, 0)
            limits = Limits(self.store).all()
            found = [*_jobs(now), *self._methods(), *_limits(limits)]
            found += [_wanted(wanted(self.store, now, limits))]
            found += [*self._workers(), *self._beat(now.at), *self._memory(), self._refused()]
        except BrokerUnreachable:
            found = []
        up.add_metric([], 1 if found else 0)
        return [up, *found]

    def _methods(self) -> Iterable[Metric]:
        queued = Gauge(
            "frappe_celery_queued_jobs",
            f"Jobs that wait; of more than {WAITING:,} of a site in a queue the oldest.",
            labels=METHOD,
        )
        running = Gauge("frappe_celery_running_jobs", "Jobs that run now.", labels=METHOD)
        for gauge, runs in ((queued, self.follower.waiting()), (running, self.follower.running())):
            for labels, number in CounterOf((r.site, r.queue, r.method) for r in runs).items():
                gauge.add_metric(labels, number)
        return queued, running

    def _workers(self) -> Iterable[Metric]:
        processes = Gauge(
            "frappe_celery_worker_processes", "Processes of each worker.", labels=["worker"]
        )
        busy = Gauge(
            "frappe_celery_worker_busy", "Whether each worker runs a job.", labels=["worker"]
        )
        workers = self.store.workers.all()
        for worker in workers:
            processes.add_metric([worker.name], worker.processes)
            busy.add_metric([worker.name], worker.state == "busy")
        return (
            Gauge("frappe_celery_workers", "Workers that live.", value=len(workers)),
            processes,
            busy,
        )

    def _beat(self, now: float) -> Iterable[Metric]:
        found = leadership(self.store)
        leads = Gauge(
            "frappe_celery_beat_leads",
            "The scheduler that leads; none: nothing is enqueued.",
            labels=["scheduler"],
        )
        if found.leader:
            leads.add_metric([found.leader], 1)
        yield leads
        if found.leader and found.sign:
            yield Gauge(
                "frappe_celery_beat_lag_seconds",
                "How late the longest due entry is.",
                value=found.lag(now),
            )
            yield Gauge(
                "frappe_celery_beat_entries", "Entries on the agenda.", value=found.sign.entries
            )

    def _refused(self) -> Metric:
        return CounterMetricFamily(
            "frappe_celery_refused_messages",
            "Messages that were not acted on: unsigned, altered, or none at all.",
            value=self.store.number_refused(),
        )

    def _memory(self) -> Iterable[Metric]:
        used = memory_used(self.store)
        if used is not None:
            yield Gauge(
                "frappe_celery_redis_memory_ratio",
                "Share of its maxmemory that the Redis which keeps the jobs uses.",
                value=used,
            )


def _limits(limits: list[Limit]) -> Iterable[Metric]:
    kept_back = Gauge(
        "frappe_celery_kept_back",
        "Jobs that wait for a slot or a minute of each limit, or for the end of a pause.",
        labels=["target"],
    )
    paused = Gauge("frappe_celery_paused", "1 for what is paused now.", labels=["target"])
    for limit in limits:
        kept_back.add_metric([limit.target], limit.kept_back)
        if limit.paused is not None:
            paused.add_metric([limit.target], 1)
    return kept_back, paused


def _wanted(by_queue: Mapping[str, int]) -> Metric:
    processes = Gauge(
        "frappe_celery_wanted_processes",
        "Jobs that run, or wait and would begin if a process were free: scale workers by it.",
        labels=["queue"],
    )
    for queue, number in by_queue.items():
        processes.add_metric([queue], number)
    return processes


def _jobs(now: Snapshot) -> Iterable[Metric]:
    jobs = Gauge(
        "frappe_celery_jobs",
        "Jobs by the status that they have now.",
        labels=[*PLACE, "status"],
    )
    oldest = Gauge(
        "frappe_celery_oldest_wait_seconds",
        "Wait of the job that has waited longest.",
        labels=PLACE,
    )
    for place in now.places:
        for status in (
            JobStatus.QUEUED,
            JobStatus.STARTED,
            JobStatus.SCHEDULED,
            JobStatus.FAILED,
        ):
            number = getattr(place, status.value)
            jobs.add_metric([place.site, place.queue, status.value], number)
        waits = 0.0 if place.oldest is None else max(0.0, now.at - place.oldest)
        oldest.add_metric([place.site, place.queue], waits)
    return jobs, oldest
