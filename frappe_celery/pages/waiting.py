"""Who fills the queues: what waits and runs of each site, and how long it waits."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.limits.rules import Limit, covers
from frappe_celery.watch.doctor.snapshot import Place, Snapshot
from frappe_celery.watch.job_display import duration
from frappe_celery.watch.limit_display import in_words

ORDERS = ("waiting", "oldest", "running", "failed")


@dataclass(frozen=True)
class Line:
    """A site of the list, with what of it waits and runs."""

    name: str
    waiting: int
    queues: tuple[tuple[str, int], ...]
    """Those in which something of it waits, and how much, most first."""
    oldest: float
    """Seconds that the job which has waited longest has waited; 0 where none waits."""
    running: int
    """Processes that are at work for it."""
    failed: int
    """Jobs that failed in the last hour."""
    share: str
    """Of the workers, beside a site that has 1."""
    held: str
    """Limits and pauses of it, in words."""
    part: float = 0.0
    """Of what waits of the site of which most waits, in percent."""

    @property
    def oldest_wait(self) -> str:
        """How long the oldest has waited, for people; '' when none waits."""
        return duration(self.oldest) if self.waiting else ""


def by_site(
    now: Snapshot, sites: Iterable[str], order: str = ORDERS[0], limits: Iterable[Limit] = ()
) -> list[Line]:
    """The sites, first those with most of what `order` (of ORDERS) says."""
    of_sites = [limit for limit in limits if limit.target.startswith("site:")]
    places = {
        site: list(found) for site, found in groupby(sorted(now.places, key=_site), key=_site)
    }
    lines = [_line(site, places.get(site, []), now.at, of_sites) for site in sites]
    most = max([*(line.waiting for line in lines), 1])
    lines = [replace(line, part=round(line.waiting / most * 100, 1)) for line in lines]
    return sorted(lines, key=lambda line: (-getattr(line, order), -line.running, line.name))


def _site(place: Place) -> str:
    return place.site


def _line(site: str, places: list[Place], at: float, limits: list[Limit]) -> Line:
    queues = [(place.queue, place.queued) for place in places if place.queued]
    oldest = min((place.oldest for place in places if place.oldest is not None), default=at)
    return Line(
        name=site,
        waiting=sum(place.queued for place in places),
        queues=tuple(sorted(queues, key=lambda queue: -queue[1])),
        oldest=max(0.0, at - oldest),
        running=sum(place.started for place in places),
        failed=sum(place.failed_lately for place in places),
        share=_share(site),
        held=", ".join(in_words(one) for one in limits if covers(one.target, f"site:{site}")),
    )


def _share(site: str) -> str:
    try:
        return f"{settings.current().share(site):g}"
    except ConfigError:  # as `doctor` says: it counts as 1
        return "1"
