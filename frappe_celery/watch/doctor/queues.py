"""What waits: by queue and method, for how long, and whether any worker will take it."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from frappe_celery.jobs import JobStatus, JobStore, hosts
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.doctor.snapshot import Place, Snapshot, index, methods

LOOKED_AT = 2_000
"""Waiting jobs of a queue whose methods are counted; of more, of each site those that have waited
longest."""
METHODS_SHOWN = 10


def check(
    store: JobStore, snapshot: Snapshot, workers: list[WorkerInfo], site: str | None
) -> Section:
    """Every queue in which something waits, runs or is scheduled; `bench doctor` counts these."""
    section = Section("queues")
    by_queue = sorted(snapshot.of(site), key=lambda place: place.queue)
    served = {queue for worker in workers for queue in worker.queues}
    for queue, places in groupby(by_queue, key=lambda place: place.queue):
        _check_queue(section, store, snapshot, queue, list(places), served)
    return section


def _check_queue(
    section: Section,
    store: JobStore,
    snapshot: Snapshot,
    queue: str,
    places: list[Place],
    served: set[str],
) -> None:
    queued = sum(place.queued for place in places)
    oldest = min((place.oldest for place in places if place.oldest is not None), default=None)
    waits = None if oldest is None else max(0.0, snapshot.at - oldest)
    found, of = _methods(store, places, queued)
    row = {
        "queue": queue,
        "queued": queued,
        "started": sum(place.started for place in places),
        "scheduled": sum(place.scheduled for place in places),
        "failed": sum(place.failed for place in places),
        "oldest_waits_seconds": None if waits is None else round(waits, 1),
        "methods": found,
        "methods_of": of or None,
    }
    if any(row[name] for name in ("queued", "started", "scheduled", "failed")):
        section.rows.append(row)
    if not queued or waits is None:
        return
    if queue not in store.settings.queues:
        section.problem(
            f"{counted(queued, 'job')} waiting in queue {queue}, which this bench has no more",
            'name it under "workers" in sites/common_site_config.json, or delete them:'
            " frappe-celery jobs list --status queued",
        )
    elif queue not in served:
        section.problem(
            f"{counted(queued, 'job')} waiting in queue {queue}, and no worker takes jobs from it",
            "take them over to RQ: frappe-celery move --to rq"
            if hosts.is_bench() and not store.settings.frappe_celery_enabled
            else f"start one: frappe-celery worker --queue {queue}",
        )
    elif waits > store.settings.queues[queue].timeout:
        section.warn(
            f"a job in queue {queue} has waited for {waits:,.0f} s, longer than one may run there"
            f" ({store.settings.queues[queue].timeout} s)",
            "start more workers for it, or look at what runs: frappe-celery jobs list -s started",
        )


def _methods(store: JobStore, places: list[Place], queued: int) -> tuple[dict[str, int], int]:
    """How often each method waits, the most frequent first, and of how many jobs that is."""
    waiting = [place for place in places if place.queued]
    if not waiting:
        return {}, 0
    each = LOOKED_AT if queued <= LOOKED_AT else max(1, LOOKED_AT // len(waiting))
    with naming_the_server(store.url):
        pipe = store.client.pipeline(transaction=False)
        for place in waiting:
            pipe.zrange(index(place, JobStatus.QUEUED, store), 0, each - 1)
        runs = [run for some in pipe.execute() for run in some]
    found = Counter(method for method in methods(store, runs) if method)
    return dict(found.most_common(METHODS_SHOWN)), len(runs)
