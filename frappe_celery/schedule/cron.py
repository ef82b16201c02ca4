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
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from frappe_celery.schedule.clock import Clock, clock_at, in_utc
from frappe_celery.schedule.expression import Expression, parse
from frappe_celery.schedule.fields import ACCEPTED, CronError

__all__ = ["Cron", "CronError"]


@dataclass(frozen=True, init=False)
class Cron:
    """A cron expression, a frequency word or an alias (``@daily``) in a time zone.

    ``tz`` is an IANA name or a tzinfo (ZoneInfo, pytz; not dateutil's, which has no hash). Raises
    CronError, a ValueError, for an expression that croniter does not take or that never fires,
    and for such a zone or an unknown one.
    """

    expression: str
    tz: tzinfo
    _times: Expression = field(repr=False, compare=False)

    def __init__(self, expression: str, tz: tzinfo | str = "UTC") -> None:
        if not isinstance(expression, str):
            raise CronError(f"a cron expression is text, not {expression!r}. {ACCEPTED}")
        object.__setattr__(self, "expression", expression)
        object.__setattr__(self, "tz", _zone(tz))
        object.__setattr__(self, "_times", parse(expression))

    def next_after(self, instant: datetime) -> datetime:
        """The first time strictly after an aware ``instant``, in UTC.

        In UTC because Python compares and subtracts two datetimes of one zone by their wall
        clocks, which is wrong in a repeated hour; ``.astimezone(cron.tz)`` is for showing.
        Raises CronError when there is none within 50 years (an expression with a year), and
        ValueError for a naive instant.
        """
        moment = in_utc(instant).replace(tzinfo=None) + datetime.resolution
        while True:
            clock = clock_at(self.tz, moment)
            due = self._first_on(clock, moment)
            if due < clock.until:
                return due.replace(tzinfo=timezone.utc)
            moment = clock.until

    def _first_on(self, clock: Clock, moment: datetime) -> datetime:
        """The first time at or after ``moment`` if the clock went on evenly."""
        if moment >= clock.settled:
            return self._first_by(clock.offset, moment)
        if clock.offset < clock.before:
            repeated = self._times.keeps_rhythm
            return self._first_by(clock.offset, moment if repeated else clock.settled)
        left_out = self._first_by(clock.before, moment)
        if left_out >= clock.settled:
            return self._first_by(clock.offset, moment)
        if self._times.keeps_rhythm:
            return min(left_out, self._first_by(clock.offset, moment))
        return moment if moment == clock.since else self._first_by(clock.offset, moment)

    def _first_by(self, offset: timedelta, moment: datetime) -> datetime:
        return self._times.first_from(moment + offset) - offset


def _zone(tz: tzinfo | str) -> tzinfo:
    try:
        hash(tz)
        return ZoneInfo(tz) if isinstance(tz, str) else tz
    except (LookupError, ValueError, OSError, TypeError) as error:
        raise CronError(
            f"{tz!r} is no time zone here; give an IANA name such as 'Europe/Amsterdam' "
            "(where the system has no zones, `pip install tzdata` brings them)"
        ) from error
