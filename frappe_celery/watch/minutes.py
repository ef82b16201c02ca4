"""A day by the minute and a week by the hour of each site: what ended, what waited and how long.

Workers note each minute once it is over; of several it does not matter which. A site's minutes lie
in a text of fixed length, in which each minute has its place for a day, so that history never
grows: 33 kB of a site of which something ran or waited, and nothing of one without.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.stats import rates
from frappe_celery.watch.snapshot import grouped, take, together

MINUTES = 24 * 60
HOURS = 7 * 24
SETTLED_SECONDS = 10
"""So long after a minute's end its numbers are final: workers' clocks differ."""
MOST_AT_ONCE = 60
"""Minutes that are noted at once after a time without workers; as far as `rates` looks back."""
AT_ONCE = 200
"""Sites or places in one step of Redis, which serves nobody else meanwhile."""
EVERY_SITE = ""
RECORD = struct.Struct("<5I")
"""The minute or hour since the epoch that it is of, then a Point's numbers."""


@dataclass(frozen=True)
class Point:
    """What ended in a minute or an hour."""

    at: float
    """When it began, seconds since the epoch."""
    finished: int = 0
    failed: int = 0
    """Those that failed or were stopped."""
    waiting: int = 0
    """At the minute's end; the most within an hour."""
    wait: int = 0
    """Seconds that the oldest job had waited then; the longest within an hour."""


def note(store: JobStore) -> int:
    """Note the minutes that are over and not yet noted; how many these were.

    Raises:
        BrokerUnreachable.
    """
    over = (int(store.now()) - SETTLED_SECONDS) // 60
    noted = int(store.client.get(store.keys.noted) or over - MOST_AT_ONCE - 1)
    minutes = range(max(noted + 1, over - MOST_AT_ONCE), over)
    if minutes:
        waits = _waiting(store)
        for minute, ended in rates.by_minute(store, minutes).items():
            _write(store, minute, _numbers(ended, waits if minute == minutes[-1] else {}))
    return len(minutes)


def hour(store: JobStore, site: str | None = None) -> list[Point]:
    """The last 60 minutes, of which the one that runs now is the last, and what waits in that not
    known; as `day`."""
    known, points = {point.at: point for point in day(store, site)[-rates.LOOK_BACK :]}, []
    now = int(store.now()) // 60
    for minute, ended in rates.by_minute(store, range(now - rates.LOOK_BACK + 1, now + 1)).items():
        at, both = minute * 60.0, _by_site(ended)
        finished, failed = (its[site or EVERY_SITE] for its in both)
        points.append(replace(known.get(at, Point(at)), finished=finished, failed=failed))
    return points


def day(store: JobStore, site: str | None = None) -> list[Point]:
    """The last 24 hours by the minute, oldest first; `site` None: all together.

    Raises:
        BrokerUnreachable.
    """
    return _read(store, "day", MINUTES, 60, site)


def week(store: JobStore, site: str | None = None) -> list[Point]:
    """The last seven days by the hour, the one that runs now last; as `day`."""
    return _read(store, "week", HOURS, 3600, site)


def _read(store: JobStore, name: str, places: int, seconds: int, site: str | None) -> list[Point]:
    key = store.keys.history(f"{name}:{site or EVERY_SITE}")
    now = (int(store.now()) - SETTLED_SECONDS) // seconds
    ring = store.client.get(key) or b""
    known = {stamp: numbers for stamp, *numbers in RECORD.iter_unpack(ring)}
    last = now if seconds > 60 else now - 1
    steps = range(last - places + 1, last + 1)
    return [Point(step * float(seconds), *known.get(step, ())) for step in steps]


def _waiting(store: JobStore) -> dict[str, tuple[int, int]]:
    """How many jobs of each site, and of all, wait now, and for how many seconds the oldest has."""
    now = take(store, 0)
    places_of = {**grouped(now.places, "site"), EVERY_SITE: now.places}
    sites = {site: together(places) for site, places in places_of.items()}
    return {site: (its.queued, int(now.waits(its))) for site, its in sites.items() if its.queued}


def _numbers(
    ended: rates.Ended, waits: dict[str, tuple[int, int]]
) -> list[tuple[str, int, int, int, int]]:
    """Of each site that has any, and of all together."""
    finished, failed = _by_site(ended)
    return [
        (site, finished[site], failed[site], *waits.get(site, (0, 0)))
        for site in sorted({*finished, *waits})
    ]


def _by_site(ended: rates.Ended) -> tuple[Counter[str], Counter[str]]:
    """How many finished at each site, and how many failed or were stopped; both of all, too."""
    finished, failed = Counter[str](), Counter[str]()
    for (site, _, status), number in ended.items():
        for of in (site, EVERY_SITE):
            finished[of] += number * (status == JobStatus.FINISHED)
            failed[of] += number * (status in rates.FAILURES)
    return finished, failed


def _write(store: JobStore, minute: int, numbers: Iterable[tuple[str, int, int, int, int]]) -> None:
    flat = [word for numbers_of_site in numbers for word in numbers_of_site]
    keys, most = store.keys, AT_ONCE * 5
    for start in range(0, max(len(flat), 1), most):
        args = (keys.history(""), minute, MINUTES, HOURS, *flat[start : start + most])
        store.run_script("note_minute", (keys.noted,), *args)
