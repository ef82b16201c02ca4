"""What waits and runs of each site and queue, and how long it has waited."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

from frappe_celery.config import settings
from frappe_celery.errors import ConfigError
from frappe_celery.jobs.limits.rules import Limit, covers
from frappe_celery.watch.doctor.snapshot import Place, Snapshot
from frappe_celery.watch.limit_display import BY_BUTTON, in_words

ORDERS = {
    "waiting": attrgetter("jobs.queued"),
    "oldest": attrgetter("oldest"),
    "running": attrgetter("jobs.started"),
    "failed": attrgetter("jobs.failed_lately"),
}
NUMBERS = ("queued", "started", "scheduled", "failed", "failed_lately")


@dataclass(frozen=True)
class Line:
    """A site of the list, with what of it waits and runs."""

    name: str
    jobs: Place
    """What there is of it in all queues."""
    queues: list[tuple[str, int]]
    """Those in which something of it waits, and how much, most first."""
    oldest: float
    """Seconds that the job which has waited longest has waited; 0 where none waits."""
    share: str
    """Of the workers, beside a site that has 1."""
    held: str
    """Limits and pauses of it, in words."""


def together(places: Iterable[Place]) -> Place:
    """Several places as one, which has no name."""
    places = list(places)
    oldest = min((place.oldest for place in places if place.oldest is not None), default=None)
    numbers = {name: sum(map(attrgetter(name), places)) for name in NUMBERS}
    return Place(site="", queue="", oldest=oldest, **numbers)


def grouped(places: Iterable[Place], name: str) -> defaultdict[str, list[Place]]:
    """The places by the attribute of that name: `site` or `queue`."""
    found = defaultdict[str, list[Place]](list)
    for place in places:
        found[getattr(place, name)].append(place)
    return found


def held_by(limits: Iterable[Limit], target: str) -> str:
    """The limits and pauses that cover a target, in words."""
    return ", ".join(in_words(limit, BY_BUTTON) for limit in limits if covers(limit.target, target))


def by_site(
    now: Snapshot, sites: Iterable[str], limits: Iterable[Limit], order: str = "waiting"
) -> list[Line]:
    """The sites, first those with most of what `order` (of ORDERS) says."""
    of_sites = [limit for limit in limits if limit.target.startswith("site:")]
    places = grouped(now.places, "site")
    lines = [_line(site, places[site], now.at, of_sites) for site in sites]
    most_of = ORDERS[order]
    return sorted(lines, key=lambda line: (-most_of(line), -line.jobs.started, line.name))


def _line(site: str, places: list[Place], at: float, limits: list[Limit]) -> Line:
    jobs = together(places)
    queues = [(place.queue, place.queued) for place in places if place.queued]
    return Line(
        name=site,
        jobs=jobs,
        queues=sorted(queues, key=lambda queue: -queue[1]),
        oldest=0.0 if jobs.oldest is None else max(0.0, at - jobs.oldest),
        share=_share(site),
        held=held_by(limits, f"site:{site}"),
    )


def _share(site: str) -> str:
    try:
        return f"{settings.current().share(site):g}"
    except ConfigError:  # as `doctor` says: it counts as 1
        return "1"
