"""What the first page's charts reach back over: an hour, a day, a week."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.stats import rates
from frappe_celery.jobs.stats.rates import Minute
from frappe_celery.pages.charts import Chart, Column, stacked
from frappe_celery.watch import history
from frappe_celery.watch.history import Point
from frappe_celery.watch.job_display import duration


@dataclass(frozen=True)
class Span:
    """A stretch of time that the charts can show."""

    name: str
    title: str
    """What stands above its chart: `Ended …`."""
    clock: str
    """How a point's time is written."""
    tick: str
    tick_minutes: int
    """One stands below each point that begins such a part of a day."""
    read: Callable[[JobStore, str | None], list[Point]] | None = None
    """Reads the points of a site; None: those of the last hour, which is known."""


@dataclass(frozen=True)
class Shown:
    """A span's charts, and the same as numbers."""

    span: Span
    ended: Chart
    waits: Chart
    rows: list[tuple[str, Point]]
    """Those points in which there was anything, each with its time as one reads it."""


def _hour(store: JobStore, site: str | None, hour: list[Minute]) -> list[Point]:
    """The minute that runs now is in it; what waited is not known of that one."""
    known = {point.at: point for point in history.day(store, site)[-rates.LOOK_BACK :]}
    return [
        replace(
            known.get(minute.at, Point(minute.at)),
            finished=minute.ended[JobStatus.FINISHED],
            failed=sum(minute.ended[status] for status in rates.FAILURES),
        )
        for minute in hour
    ]


SPANS = {
    "hour": Span("hour", "by the minute, last hour", "%H:%M", "%H:%M", 10),
    "day": Span("day", "by the minute, last day", "%H:%M", "%H:%M", 120, history.day),
    "week": Span("week", "by the hour, last week", "%a %H:%M", "%a", 1440, history.week),
}
DEFAULT = "hour"


def look(store: JobStore, site: str | None, name: str, hour: list[Minute]) -> Shown:
    """At a site's numbers; None: of all together. A name that is no span's: the last hour.

    Args:
        hour: its last one, as `rates.last_hour` gives it.

    Raises:
        BrokerUnreachable.
    """
    span = SPANS.get(name, SPANS[DEFAULT])
    zone, ended, waits, rows = ZoneInfo(settings.current().zone), [], [], []
    for point in span.read(store, site) if span.read else _hour(store, site, hour):
        time = datetime.fromtimestamp(point.at, zone)
        at, of_day = format(time, span.clock), time.hour * 60 + time.minute
        tick = "" if of_day % span.tick_minutes else format(time, span.tick)
        wait = duration(point.wait) if point.wait else 0
        numbers = point.finished, point.failed
        ended.append(Column(f"{at}: {numbers[0]:,} finished, {numbers[1]:,} failed", numbers, tick))
        waits.append(Column(f"{at}: {point.waiting:,} waiting, {wait}", (point.wait,), tick))
        if any((*numbers, point.waiting)):
            rows.append((at, point))
    return Shown(span, stacked(ended), stacked(waits, duration), rows)
