"""The first page: what waits and runs, what ended in the last hour, who works."""

from __future__ import annotations

from collections import Counter
from typing import Any

from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limit
from frappe_celery.jobs.stats import rates
from frappe_celery.jobs.workers import WorkerInfo
from frappe_celery.pages import spans, waiting
from frappe_celery.schedule.leadership import leadership
from frappe_celery.watch.doctor import failures, snapshot
from frappe_celery.watch.job_display import duration

SITES = 10


def look(store: JobStore, site: str | None, limits: list[Limit], span: str = "") -> dict[str, Any]:
    """What the page shows of the jobs of a site; None: of every site.

    Args:
        limits: every one that there is.
        span: name of what the charts reach back over (see `spans`).

    Raises:
        BrokerUnreachable.
    """
    now = snapshot.take(store, failures.SECONDS)
    hour = rates.last_hour(store, site)
    ended = sum((minute.ended for minute in hour), Counter())
    jobs, workers = waiting.together(now.of(site)), store.workers.all()
    sites = [] if site else waiting.by_site(now, settings.current().sites(), limits)
    queues = _queues(now, site, workers, limits)
    failing = failures.lately(store, now, site).methods
    return {
        "site": site,
        "jobs": jobs,
        "finished": ended[JobStatus.FINISHED],  # in the last hour, as what failed
        "failed": jobs.failed_lately,
        "workers": workers,
        "busy": sum(worker.state == "busy" for worker in workers),
        "scheduler": leadership(store),
        "history": spans.look(store, site, span, hour),
        "spans": spans.SPANS,
        "queues": queues,
        "longest_queue": max([queue["jobs"].queued for queue in queues], default=0),
        "sites": sites[:SITES],  # those of which most waits
        "most_of_a_site": max([line.jobs.queued for line in sites], default=0),
        "failing": failing,
        "most_failing": max([row["failed"] for row in failing], default=0),
        "zone": settings.current().zone,
    }


def _queues(
    now: snapshot.Snapshot, site: str | None, workers: list[WorkerInfo], limits: list[Limit]
) -> list[dict[str, Any]]:
    """Each queue, for the sites that are seen."""
    served = {queue for worker in workers for queue in worker.queues}
    places = waiting.grouped(now.of(site), "queue")
    names = dict.fromkeys([*settings.current().queues, *sorted(places)])
    jobs = {name: waiting.together(places[name]) for name in names}
    return [
        {
            "name": name,
            "jobs": place,
            "oldest": duration(None if place.oldest is None else max(0.0, now.at - place.oldest)),
            "served": name in served,
            "held": waiting.held_by(limits, f"queue:{name}"),
        }
        for name, place in jobs.items()
    ]
