"""`Cron`: when a cron expression fires in a time zone, also where the clock is changed.

Away from changes of the clock the times are croniter's. Around one, as cron daemons do:

- Fixed hours (``30 2 * * *``, also ``0 1,2,3`` and ``0 1-5``) fire once a day: in a repeated
  hour only the first time round, whatever the minutes; times that are left out are made up for
  by one run at the first instant after the gap.
- An hour that is ``*`` or has a step (``*/15 * * * *``, ``0 */2 * * *``, ``0 1-23/2 * * *``)
  keeps its rhythm in elapsed time: it fires in both rounds of a repeated hour, and what is left
  out fires as long after the run before it as if the clock had not been changed. All 24 hours
  written out (``0-23``) are ``*``.

So ``30 2 * * *`` in Amsterdam fires at 03:00 on the last Sunday of March, ``30 */2 * * *`` at
00:30, 03:30 (which was to be 02:30) and 04:30.

A moment is a naive datetime in UTC, an instant an aware one in any zone.
"""

from bisect import bisect_left
from datetime import datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from frappe_celery.schedule.cron_expression import ACCEPTED, CronError, parse

__all__ = ["Cron", "CronError"]

DAY, SECOND = timedelta(days=1), timedelta(seconds=1)


# -- the clock on the wall


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
            change = _change_after(tz, day - DAY)
            clocks.append(Clock(since, change, before, offset))
            since, before, offset = change, offset, now
    clocks.append(Clock(since, end, before, offset))
    return tuple(clocks)


def _change_after(tz: tzinfo, day: datetime) -> datetime:
    """The first moment, to the second, within 24 hours, that has another offset than ``day``."""
    before = _offset(tz, day)

    def is_after(second: int) -> bool:
        return _offset(tz, day + second * SECOND) != before

    return day + SECOND * bisect_left(range(DAY // SECOND), True, key=is_after)


def _offset(tz: tzinfo, moment: datetime) -> timedelta:
    offset = moment.replace(tzinfo=timezone.utc).astimezone(tz).utcoffset()
    assert offset is not None
    return offset


# -- when an expression fires


class Cron:
    """A cron expression, a frequency word or an alias (``@daily``) in a time zone.

    ``zone`` is an IANA name. Raises CronError, a ValueError, for an expression that croniter does
    not take or that never fires, and for an unknown zone.
    """

    def __init__(self, expression: str, zone: str = "UTC") -> None:
        if not isinstance(expression, str):
            raise CronError(f"a cron expression is text, not {expression!r}. {ACCEPTED}")
        self._times = parse(expression)
        try:
            self._zone = ZoneInfo(zone)
        except (LookupError, ValueError, OSError, TypeError) as error:
            raise CronError(
                f"{zone!r} is no time zone here; give an IANA name such as 'Europe/Amsterdam' "
                "(where the system has no zones, `pip install tzdata` brings them)"
            ) from error

    def next_after(self, instant: datetime) -> datetime:
        """The first time strictly after an aware ``instant``, in UTC.

        In UTC because Python compares and subtracts two datetimes of one zone by their wall
        clocks, which is wrong in a repeated hour; ``.astimezone`` is for showing.
        Raises CronError when there is none within 50 years (an expression with a year), and
        ValueError for a naive instant.
        """
        moment = in_utc(instant).replace(tzinfo=None) + datetime.resolution
        while True:
            clock = clock_at(self._zone, moment)
            due = self._first_on(clock, moment)
            if due < clock.until:
                return due.replace(tzinfo=timezone.utc)
            moment = clock.until

    def _first_on(self, clock: Clock, moment: datetime) -> datetime:
        """The first time at or after ``moment`` if the clock went on evenly."""
        on_it = self._first_by(clock.offset, moment)
        if moment >= clock.settled:
            return on_it
        if clock.offset < clock.before:
            repeated = self._times.keeps_rhythm
            return on_it if repeated else self._first_by(clock.offset, clock.settled)
        left_out = self._first_by(clock.before, moment)
        if left_out >= clock.settled:
            return on_it
        if self._times.keeps_rhythm:
            return min(left_out, on_it)
        return moment if moment == clock.since else on_it

    def _first_by(self, offset: timedelta, moment: datetime) -> datetime:
        return self._times.first_from(moment + offset) - offset
