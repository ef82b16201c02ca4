"""The first page: what waits and runs of each site and queue, what ended lately, who works."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.limits.rules import Limit, covers
from frappe_celery.watch import minutes
from frappe_celery.watch.doctor import failures
from frappe_celery.watch.doctor.examination import at_a_glance
from frappe_celery.watch.doctor.now import Now
from frappe_celery.watch.doctor.report import Finding
from frappe_celery.watch.snapshot import Place, Snapshot, grouped, together
from frappe_celery.watch.words import BY_BUTTON, in_words
from frappe_pages import charts, in_rq
from frappe_pages.in_rq import InRq

SITES = 10
FINDINGS_SECONDS = 15
"""How long it is known what is wrong: to find it files and servers are asked."""
ORDERS = {
    "waiting": attrgetter("jobs.queued"),
    "oldest": attrgetter("oldest"),
    "running": attrgetter("jobs.started"),
    "failed": attrgetter("jobs.failed_lately"),
}


def look(store: JobStore, site: str | None, limits: list[Limit], span: str = "") -> dict[str, Any]:
    """What the page shows of the jobs of a site; None: of every site.

    Args:
        limits: every one that there is.
        span: name of what the charts reach back over (see `charts`).

    Raises:
        BrokerUnreachable.
    """
    now = Now(store, failures.SECONDS, site)
    hour = minutes.hour(store, site)
    to_rq = in_rq.look(store, now.sites)
    sites = [] if site else by_site(now, now.sites, limits, to_rq)
    queues = _queues(now, limits, to_rq)
    held = store.client.each("hlen", [store.keys.in_flight(one.consumer) for one in now.workers])
    failed = failures.lately(now)
    return {
        "site": site,
        "jobs": together(now.places),
        "finished": sum(minute.finished for minute in hour),
        "workers": now.workers,
        "unknown": now.unknown,
        "busy": sum(map(bool, held)),  # as of now, which the workers' own records are not
        "in_rq": to_rq,
        "scheduler": now.leadership,
        "history": charts.look(store, site, span, hour),
        "spans": charts.SPANS,
        "queues": queues,
        "longest_queue": max([line.jobs.queued for line in queues], default=0),
        "sites": sites[:SITES],  # those of which most waits
        "failing": failed.methods,
        "failing_of": failed.looked_at if failed.looked_at < failed.all else None,
        "findings": _findings(site, int(time.time() / FINDINGS_SECONDS)),
    }


@lru_cache(maxsize=64)
def _findings(site: str | None, period: int) -> list[Finding]:
    return at_a_glance(get_store(), site)


# -- sites and queues


@dataclass(frozen=True)
class Line:
    """A site or a queue of a list, with what of it waits and runs."""

    name: str
    jobs: Place
    """What there is of a site in all queues, of a queue for all sites that are seen."""
    oldest: float
    """Seconds that the job which has waited longest has waited; 0 where none waits."""
    held: str
    """Limits and pauses of it, in words."""
    queues: Sequence[tuple[str, int]] = ()
    """Those in which something of a site waits, and how much, most first."""
    share: str = ""
    """Of the workers, that a site gets beside one that has 1."""
    is_served: bool = True
    """Whether a worker takes a queue's jobs, or RQ has them all."""
    in_rq: str = ""
    """What of its jobs goes to RQ, in words."""


def _line(
    now: Snapshot, kind: str, name: str, places: list[Place], limits: list[Limit], **more: Any
) -> Line:
    """The line of a `site` or a `queue`, whose places these are."""
    jobs, target = together(places), f"{kind}:{name}"
    held = [in_words(limit, BY_BUTTON) for limit in limits if covers(limit.target, target)]
    return Line(name, jobs, now.waits(jobs), ", ".join(held), **more)


def _queues(now: Now, limits: list[Limit], to_rq: InRq) -> list[Line]:
    """Each queue, for the sites that are seen."""
    served = {queue for worker in now.workers for queue in worker.queues}
    places = grouped(now.places, "queue")
    names = dict.fromkeys([*settings.current().queues, *sorted(places)])
    lines = []
    for name in names:
        more = {"is_served": name in served or to_rq.has(name), "in_rq": to_rq.of_queue(name)}
        lines.append(_line(now, "queue", name, places[name], limits, **more))
    return lines


def by_site(
    now: Snapshot, sites: list[str], limits: list[Limit], to_rq: InRq, order: str = "waiting"
) -> list[Line]:
    """The sites, first those with most of what `order` (of ORDERS) says."""
    of_sites = [limit for limit in limits if limit.target.startswith("site:")]
    places = grouped(now.places, "site")
    lines = []
    for site in sites:
        waiting = [(place.queue, place.queued) for place in places[site] if place.queued]
        queues = sorted(waiting, key=lambda queue: -queue[1])
        more = {"queues": queues, "share": share_of(site), "in_rq": to_rq.of_site(site)}
        lines.append(_line(now, "site", site, places[site], of_sites, **more))
    most_of = ORDERS[order]
    return sorted(lines, key=lambda line: (-most_of(line), -line.jobs.started, line.name))


def share_of(site: str) -> str:
    """Of the workers, that it gets beside one that has 1."""
    try:
        return f"{settings.current().share(site):g}"
    except ConfigError:  # as `doctor` says: it counts as 1
        return "1"
