"""The clock on the wall of a time zone: its offset from UTC, and when that changes.

A moment is a naive datetime in UTC, an instant an aware one in any zone.
"""

from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


class Clock(NamedTuple):
    """A stretch of time in which the wall clock goes evenly: from ``since`` up to ``until``.

    ``before`` is the offset before ``since``. Stretches also end at New Year UTC, where the next
    one goes on with the same offset.
    """

    since: datetime
    until: datetime
    before: timedelta
    offset: timedelta

    @property
    def settled(self) -> datetime:
        """The end of the time that the change at ``since`` left out or repeats."""
        return self.since + abs(self.offset - self.before)


def in_utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises ValueError for a naive one, which could mean any zone."""
    if instant.utcoffset() is None:
        raise ValueError(f"{instant!r} has no time zone: say which, such as tzinfo=timezone.utc")
    return instant.astimezone(timezone.utc)


def clock_at(tz: tzinfo, moment: datetime) -> Clock:
    """The stretch of even time that ``moment`` lies in."""
    return next(c for c in reversed(_clocks_of_year(tz, moment.year)) if c.since <= moment)


@lru_cache(maxsize=4096)
def _clocks_of_year(tz: tzinfo, year: int) -> tuple[Clock, ...]:
    # Two days early: a change at the end of December may still be settling in January.
    since = day = datetime(year, 1, 1) - 2 * DAY
    end = datetime(year + 1, 1, 1)
    before = offset = _offset(tz, day)
    clocks = []
    while day < end:
        day += DAY
        now = _offset(tz, day)
        if now != offset:
            change = _change_between(tz, day - DAY, day)
            clocks.append(Clock(since, change, before, offset))
            since, before, offset = change, offset, now
    clocks.append(Clock(since, end, before, offset))
    return tuple(clocks)


def _change_between(tz: tzinfo, start: datetime, end: datetime) -> datetime:
    """The first moment, to the second, that has the offset of ``end`` and not that of ``start``."""
    old = _offset(tz, start)
    while end - start > SECOND:
        middle = start + (end - start) // SECOND // 2 * SECOND
        if _offset(tz, middle) == old:
            start = middle
        else:
            end = middle
    return end


def _offset(tz: tzinfo, moment: datetime) -> timedelta:
    offset = moment.replace(tzinfo=timezone.utc).astimezone(tz).utcoffset()
    assert offset is not None
    return offset
