"""The first page's charts: what they reach back over, an hour, a day, a week, and their drawing.

They are bars over time, as shapes that a template draws as SVG, without a script or a library.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from frappe_celery.config import settings
from frappe_celery.jobs import JobStore
from frappe_celery.watch import minutes
from frappe_celery.watch.words import duration, unit_of

GRID_LINES = 4
LAST_TICK = 0.92
"""From here to the right end there is no room for a tick's text."""
SPARK_BARS = 24
MOST_POINTED_AT = 200
"""With more columns none is wide enough to be pointed at."""


@dataclass(frozen=True)
class Column:
    label: str
    """What it is called where one points at it: `14:05: 12 finished`."""
    values: Sequence[int]
    """How high each series is in it, from the bottom up."""
    tick: str = ""
    """What stands below it; '' for most."""


@dataclass(frozen=True)
class Chart:
    """All of it: a column is 1 wide, and as high as its values are."""

    paths: list[str]
    """The bars of each series, as paths of SVG."""
    places: list[tuple[float, Column]]
    """Each column, and where it begins, in hundredths from the left."""
    most: int
    """The height of all."""
    lines: list[tuple[float, str]]
    """Where each grid line is, in hundredths from the top, and its number."""
    pointed_at: bool
    """Whether columns say what they are."""


def stacked(columns: Sequence[Column], are_seconds: bool = False) -> Chart:
    """Columns from left to right, the values of each on top of each other."""
    highest = max(sum(column.values) for column in columns)
    size, unit = unit_of(highest) if are_seconds else (1, "")
    most = round_up(ceil(highest / size)) * size
    few = len(columns) <= MOST_POINTED_AT
    gap, bar = (0.1, 0.8) if few else (0.0, 1.0)
    bars: list[list[str]] = [[] for _ in columns[0].values]
    places = []
    for place, column in enumerate(columns):
        y = most
        for series, value in zip(bars, column.values, strict=True):
            y -= value
            if value:
                series.append(f"M{place + gap:.1f} {y}h{bar}v{value}h-{bar}z")
        share = place / len(columns)
        places.append((100 * share, replace(column, tick="") if share > LAST_TICK else column))
    lines = [
        (100 - 100 * line / GRID_LINES, _number(most * line // GRID_LINES // size, unit))
        for line in range(GRID_LINES + 1 if highest else 1)
    ]
    return Chart(["".join(series) for series in bars], places, most, lines, few)


def spark(times: Sequence[float], begin: float, end: float) -> str:
    """How many `times` are in each of `SPARK_BARS` parts of a time, as a path of SVG 1 high.

    The highest bar is 1 high, and each other at least an eighth of it, to be seen.
    """
    part = (end - begin) / SPARK_BARS or 1
    bars = Counter(min(int((time - begin) / part), SPARK_BARS - 1) for time in times)
    most = max(bars.values())
    heights = {place: max(number / most, 1 / 8) for place, number in sorted(bars.items())}
    return "".join(f"M{place} {1 - high:.2f}h.8V1h-.8z" for place, high in heights.items())


def _number(number: int, unit: str) -> str:
    text = f"{number:,} {unit}".strip() if number else "0"
    return text.removesuffix("s") if text == "1 days" else text


def round_up(number: int) -> int:
    """The next of 4, 8, 12, 16, 20, 24, 32, and these by tens: four lines divide it."""
    by_tens: Iterator[int] = (10**power for power in count())
    rounds = (first * size for size in by_tens for first in (4, 8, 12, 16, 20, 24, 32))
    return next(one for one in rounds if number <= one)


# -- what they show


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
    read: Callable[[JobStore, str | None], list[minutes.Point]] | None = None
    """Reads the points of a site; None: those of the last hour, which are known."""


SPANS = {
    "hour": Span("hour", "by the minute, last hour", "%H:%M", "%H:%M", 10),
    "day": Span("day", "by the minute, last day", "%H:%M", "%H:%M", 120, minutes.day),
    "week": Span("week", "by the hour, last week", "%a %H:%M", "%a", 1440, minutes.week),
}


def look(store: JobStore, site: str | None, name: str, hour: list[minutes.Point]) -> dict[str, Any]:
    """A span's charts of a site's numbers, and the same as rows; None: of all together.

    A name that is no span's: the last `hour`. Rows are of those points in which there was anything.

    Raises:
        BrokerUnreachable.
    """
    span = SPANS.get(name, SPANS["hour"])
    zone, ended, waits, rows = ZoneInfo(settings.current().zone), [], [], []
    for point in span.read(store, site) if span.read else hour:
        time = datetime.fromtimestamp(point.at, zone)
        at, of_day = format(time, span.clock), time.hour * 60 + time.minute
        tick = "" if of_day % span.tick_minutes else format(time, span.tick)
        wait = duration(point.wait) if point.wait else 0
        numbers = point.finished, point.failed
        ended.append(Column(f"{at}: {numbers[0]:,} finished, {numbers[1]:,} failed", numbers, tick))
        waits.append(Column(f"{at}: {point.waiting:,} waiting, {wait}", (point.wait,), tick))
        if any((*numbers, point.waiting)):
            rows.append((at, point))
    charts = {"ended": stacked(ended), "waits": stacked(waits, are_seconds=True)}
    return {"span": span, "rows": rows, **charts}
