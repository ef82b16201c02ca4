"""What waits: by queue and method, for how long, and whether any worker will take it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from frappe_celery.config.files import options_stand_in
from frappe_celery.config.queues import QUEUED_JOBS_A_SITE
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import JobStatus, JobStore, hosts
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.snapshot import Place, about, grouped, together

LOOKED_AT = 2_000
"""Waiting jobs of a queue whose methods are counted; of more, of each site those that have waited
longest."""
METHODS_SHOWN = 10
COUNTED = ("queued", "started", "scheduled", "deferred", "failed")


@dataclass(frozen=True)
class _Waiting:
    place: Place
    since: float
    method: str | None = None
    """None: it is gone, or nobody asked."""
    kept_by: str | None = None
    """The limit or pause that keeps it back."""


def check(section: Section, now: Now) -> None:
    """Every queue of which a job waits, for whatever, or runs; `bench doctor` counts these."""
    store = now.store
    served = {queue for worker in now.workers for queue in worker.queues}
    if now.unknown:
        served = {*store.settings.queues}
    for queue, places in sorted(grouped(now.places, "queue").items()):
        waiting, its = _longest(store, places), together(places)
        counts = {name: getattr(its, name) for name in COUNTED}
        if any(counts.values()):
            methods = Counter(one.method for one in waiting if one.method)
            section.row(
                queue=queue,
                **counts,
                oldest_waits_seconds=its.oldest and round(now.waits(its), 1),
                methods=dict(methods.most_common(METHODS_SHOWN)),
                of_the_longest_waiting=len(waiting) if len(waiting) < counts["queued"] else None,
            )
        seen = [*waiting, *_next(store, places)]
        free = [one for one in seen if not one.place.is_held(now.paused, one.kept_by)]
        jobs = counted(counts["queued"], "job")
        if free or (waiting and queue not in store.settings.queues):
            since = min((one.since for one in free if not one.kept_by), default=now.at)
            waits = now.at - since
            _check_queue(section, store.settings, queue, jobs, queue in served, waits)
        elif waiting:
            section.note(f"{jobs} waiting in queue {queue} for the end of a pause (see `limits`)")


def check_quotas(section: Section, now: Now) -> None:
    """Sites of which no more jobs are taken (Frappe v16: `max_queued_jobs`)."""
    for place in now.places:
        if place.queued < QUEUED_JOBS_A_SITE:  # which no quota is below: no file is read for it
            continue
        most = now.store.settings.most_waiting(place.site)
        if most and place.queued >= most:
            section.problem(
                f"no more jobs of site {place.site} are taken into queue {place.queue}: {most} wait"
                " there, and its callers get QueueOverloaded",
                "it is paused: see frappe-celery limits, and resume it, or raise max_queued_jobs"
                if place.is_held(now.paused)
                else "start more workers for it, or raise max_queued_jobs",
            )


def check_sites(section: Section, now: Now) -> None:
    """Jobs of sites that a bench has no more."""
    if now.store.settings.sites_path is None:
        return
    for site, places in grouped(now.places, "site").items():
        waiting = sum(place.queued + place.later for place in places)
        if waiting and site not in now.sites:
            section.problem(
                f"{counted(waiting, 'job')} waiting of site {site}, which has no folder here",
                f"bring the site back, or: frappe-celery jobs cancel --all-waiting --site {site}",
            )


def _check_queue(
    section: Section, config: Settings, queue: str, jobs: str, is_served: bool, waits: float
) -> None:
    """`waits`: for how long the one does that has waited longest and that nothing keeps back."""
    if queue not in config.queues:
        section.problem(
            f"{jobs} waiting in queue {queue}, which this bench has no more",
            f'name it under "workers" in {options_stand_in()}, or:'
            f" frappe-celery jobs cancel --all-waiting --queue {queue}",
        )
    elif not is_served:
        section.problem(
            f"{jobs} waiting in queue {queue}, and no worker takes jobs from it",
            "take them over to RQ: frappe-celery switch move --to rq"
            if hosts.is_bench() and not config.frappe_celery_enabled
            else "start one in your process manager, or by hand: frappe-celery worker"
            f" --queue {queue}",
        )
    elif waits > config.queues[queue].timeout:
        section.warn(
            f"a job in queue {queue} has waited for {waits:,.0f} s, longer than one may run there"
            f" ({config.queues[queue].timeout} s)",
            "start more workers for it, or look at what runs: frappe-celery jobs list -s started",
        )


def _next(store: JobStore, places: list[Place]) -> list[_Waiting]:
    """The next one of each line: those that have waited longest may all be kept back."""
    keys = store.keys
    runs = store.ask_each("LINDEX", [keys.lane(place.name) for place in places], -1)
    found = [(place, run) for place, run in zip(places, runs, strict=True) if run]
    pipe = store.client.pipeline(transaction=False)
    for place, run in found:
        pipe.zscore(keys.index(place.name, JobStatus.QUEUED), run)
    times = zip(found, pipe.execute(), strict=True)
    return [_Waiting(place, at) for (place, _), at in times if at is not None]


def _longest(store: JobStore, places: list[Place]) -> list[_Waiting]:
    """All that waits; of many, those of each site that have waited longest."""
    full = {place.name: place for place in places if place.queued}
    queued = sum(place.queued for place in full.values())
    each = LOOKED_AT if queued <= LOOKED_AT else max(1, LOOKED_AT // len(full))
    words = [*full], [JobStatus.QUEUED], 0, each - 1, "WITHSCORES"
    found = [
        (full[name], run, float(since))
        for name, _, runs in store.in_indexes("ZRANGE", *words)
        for run, since in zip(runs[::2], runs[1::2], strict=True)
    ]
    abouts = zip(found, about(store, [run for _, run, _ in found]), strict=True)
    return [_Waiting(place, since, *its) for (place, _, since), its in abouts]
