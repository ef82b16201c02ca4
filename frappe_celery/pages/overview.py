"""The first page: what waits and runs, what ended in the last hour, who works."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limit, covers
from frappe_celery.jobs.stats import rates
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.pages import spans, waiting
from frappe_celery.schedule.leadership import Leadership, leadership
from frappe_celery.watch.doctor import failures, snapshot
from frappe_celery.watch.job_display import duration
from frappe_celery.watch.limit_display import in_words

SITES = 10


@dataclass(frozen=True)
class QueueLine:
    """A queue, for the sites that are seen."""

    name: str
    queued: int
    started: int
    scheduled: int
    failed: int
    oldest: str
    """How long the oldest waiting job has waited."""
    share: float
    """Of what waits in the fullest queue, in percent."""
    served: bool
    """Whether a worker takes jobs from it."""
    held: str
    """Limits and pauses of it, in words."""


@dataclass(frozen=True)
class FailingMethod:
    method: str
    number: int
    error: str
    share: float


@dataclass(frozen=True)
class Overview:
    site: str | None
    queued: int
    started: int
    finished: int
    failed: int
    """The last two in the last hour."""
    workers: list[WorkerInfo]
    busy: int
    scheduler: Leadership
    lag: str
    history: spans.Shown
    spans: Iterable[str]
    """Names of the spans that can be chosen."""
    queues: list[QueueLine]
    sites: list[waiting.Line]
    """Those of which most waits; none where one site is looked at."""
    failing: list[FailingMethod]
    zone: str


def look(store: JobStore, site: str | None, limits: list[Limit], span: str = "") -> Overview:
    """At the jobs of a site; None: of every site.

    Args:
        limits: every one that there is.
        span: name of what the charts reach back over (see `spans`).

    Raises:
        BrokerUnreachable.
    """
    now = snapshot.take(store, failures.SECONDS)
    hour = rates.last_hour(store, site)
    ended = sum((minute.ended for minute in hour), Counter())
    workers = store.workers.all()
    scheduler = leadership(store)
    places = now.of(site)
    return Overview(
        site=site,
        queued=sum(place.queued for place in places),
        started=sum(place.started for place in places),
        finished=ended[JobStatus.FINISHED],
        failed=sum(ended[status] for status in rates.FAILURES),
        workers=workers,
        busy=sum(worker.state == "busy" for worker in workers),
        scheduler=scheduler,
        lag=duration(scheduler.sign.lag) if scheduler.sign else "",
        history=spans.look(store, site, span, hour),
        spans=spans.SPANS,
        queues=_queues(now, site, workers, limits),
        sites=[] if site else _fullest(now, limits),
        failing=_failing(failures.by_method(store, now, site)),
        zone=settings.current().zone,
    )


def _fullest(now: snapshot.Snapshot, limits: list[Limit]) -> list[waiting.Line]:
    return waiting.by_site(now, settings.current().sites(), limits=limits)[:SITES]


def _queues(
    now: snapshot.Snapshot, site: str | None, workers: list[WorkerInfo], limits: list[Limit]
) -> list[QueueLine]:
    served = {queue for worker in workers for queue in worker.queues}
    by_queue = {
        name: list(places)
        for name, places in groupby(
            sorted(now.of(site), key=lambda place: place.queue), key=lambda place: place.queue
        )
    }
    names = [
        *settings.current().queues,
        *(q for q in by_queue if q not in settings.current().queues),
    ]
    queued = {name: sum(place.queued for place in by_queue.get(name, [])) for name in names}
    most = max([*queued.values(), 1])
    return [
        _queue(
            name,
            by_queue.get(name, []),
            now.at,
            queued[name] / most,
            name in served,
            ", ".join(in_words(one) for one in limits if covers(one.target, f"queue:{name}")),
        )
        for name in names
    ]


def _queue(
    name: str, places: list[snapshot.Place], at: float, share: float, served: bool, held: str
) -> QueueLine:
    oldest = min((place.oldest for place in places if place.oldest is not None), default=None)
    return QueueLine(
        name=name,
        queued=sum(place.queued for place in places),
        started=sum(place.started for place in places),
        scheduled=sum(place.scheduled for place in places),
        failed=sum(place.failed for place in places),
        oldest="" if oldest is None else duration(max(0.0, at - oldest)),
        share=round(share * 100, 1),
        served=served,
        held=held,
    )


def _failing(rows: list[dict[str, Any]]) -> list[FailingMethod]:
    most = max([*(row["failed"] for row in rows), 1])
    return [
        FailingMethod(
            row["method"], row["failed"], row["error"] or "", round(row["failed"] / most * 100, 1)
        )
        for row in rows
    ]
