"""A cron expression, read (`parse`), and its times on a wall clock, without a zone.

What a field means says croniter, which reads each alone (`read_field`): so it is the same in every
version of croniter and at every length of the expression. As a whole, croniter 2.0 takes Sunday as
``7`` in six fields but never reaches it, and 6.0 refuses it. Walking the calendar is ours and not
croniter's, whose versions differ there: 2.0 and 6.0 miss 1 March for ``0 0 1,30 * *`` and
28 February for ``0 0 L,30 * *``.
"""

import re
from bisect import bisect_left
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from croniter import croniter

from frappe_celery.errors import ConfigError
from frappe_celery.schedule.frequencies import ALIASES, cron_of

LAST = -1
"""Stands for ``L``, the last day of a month or the last such weekday in it."""

# name: a template for croniter, the field's place in it, its least and greatest value, its words
FIELDS = {
    "minute": ("{} * * * *", 0, 0, 59, ""),
    "hour": ("* {} * * *", 1, 0, 23, ""),
    "day of the month": ("* * {} * *", 2, 1, 31, " or L for the last"),
    "month": ("* * * {} *", 3, 1, 12, " or jan to dec"),
    "day of the week": ("* * * * {}", 4, 0, 6, " or sun to sat, 7 for Sunday, 5#2, L5"),
    "second": ("{} * * * *", 0, 0, 59, ""),
    "year": ("* * * * * * {}", 6, 1970, 2099, " with croniter 3 or newer"),
}
ACCEPTED = (
    "Accepted are croniter's expressions (minute, hour, day of the month, month, day of the week, "
    "then seconds if wanted), such as '*/15 * * * *', '0 9 * * 1-5' or '0 0 L * *'; "
    f"{', '.join(ALIASES)}; and Frappe's words all, hourly, daily, weekly, monthly, yearly and "
    "annual, also with _long, hourly_maintenance and daily_maintenance."
)
ONE = re.compile(r"\b0*(\w+)-0*\1\b(?!\))(/\d+)?", re.IGNORECASE)
"""A range that ends where it begins (``5-5``): from 6.0 on croniter takes it for ``*``."""
RANDOM = re.compile(r"r(\(\d+-\d+\))?(/\d+)?", re.IGNORECASE)
LONGEST_WAIT = 50
"""Years that may lie between two times of an expression; croniter's own limit."""


class CronError(ConfigError):
    """A cron expression cannot be read or has no time; the message names it and says why."""


@dataclass(frozen=True)
class Field:
    """What a field allows: all its ``values`` when it is ``*``; `LAST` stands for ``L``.

    ``nth`` holds the (weekday, n) of ``5#2``, ``nearest`` the days of ``15W``.
    """

    text: str
    values: frozenset[int]
    is_full: bool
    nth: frozenset[tuple[int, int]]
    nearest: frozenset[int]


class Days(dict[tuple[int, int], list[int]]):
    """The days of an expression in a month, by year and month.

    They are those of its month field and its weekday field, or where neither is ``*`` of either. As
    in croniter, a nearest weekday (``15W``) overrules the day of the week. Beside an nth weekday
    (``5#2``, ``L5``) it finds no day of the month at all; the rule is cron's here too.
    """

    def __init__(self, month: Field, week: Field) -> None:
        self.month, self.week = month, week
        self.either = not (month.nearest or _is_any(month, week) or _is_any(week, month))

    def __missing__(self, month: tuple[int, int]) -> list[int]:
        first, length = monthrange(*month)
        week_days = {day: (first + day) % 7 for day in range(1, length + 1)}
        of_month = {length if day == LAST else day for day in self.month.values}
        of_week = {day for day, name in week_days.items() if name in self.week.values}
        if self.month.nearest:
            days = (min(day, length) for day in self.month.nearest)
            of_month, of_week = {_nearest_weekday(day, week_days) for day in days}, {*week_days}
        if self.week.nth:
            nth = {(name, (day + 6) // 7): day for day, name in week_days.items()}
            nth |= {(name, LAST): day for day, name in week_days.items()}
            of_week = {nth[wanted] for wanted in self.week.nth & nth.keys()}
        found = of_month | of_week if self.either else of_month & of_week
        self[month] = sorted(found & week_days.keys())
        return self[month]


@dataclass(frozen=True)
class Expression:
    """The times of a cron expression; made by `parse`.

    ``minutes`` are minutes of the day. ``keeps_rhythm`` says that the hour is ``*`` or has a
    step, which matters at changes of the clock.
    """

    text: str
    years: frozenset[int]
    months: frozenset[int]
    days: Days
    minutes: tuple[int, ...]
    seconds: tuple[int, ...]
    keeps_rhythm: bool

    def first_from(self, moment: datetime) -> datetime:
        """The first time at or after ``moment``, both naive.

        Raises CronError when there is none within 50 years.
        """
        if moment.microsecond:
            moment = moment.replace(microsecond=0) + timedelta(seconds=1)
        last_year = moment.year + LONGEST_WAIT
        day = self._day_from(moment.date(), last_year)
        if day == moment.date():
            later_today = self._time_from(moment.time())
            if later_today is not None:
                return datetime.combine(day, later_today)
            day = self._day_from(day + timedelta(days=1), last_year)
        return datetime.combine(day, self._time(0, 0))

    def _day_from(self, start: date, last_year: int) -> date:
        year, month, first = start.year, start.month, start.day
        while year <= last_year:
            if self.years and year not in self.years:
                month = 12
            elif month in self.months:
                days = self.days[year, month]
                if days and days[-1] >= first:
                    return date(year, month, days[bisect_left(days, first)])
            year, month, first = year + month // 12, month % 12 + 1, 1
        raise CronError(
            f"the cron expression {self.text!r} has no time up to the end of {last_year}"
        )

    def _time_from(self, start: time) -> time | None:
        minute = start.hour * 60 + start.minute
        at, second = bisect_left(self.minutes, minute), 0
        if at < len(self.minutes) and self.minutes[at] == minute:
            second = bisect_left(self.seconds, start.second)
            if second == len(self.seconds):
                at, second = at + 1, 0
        return self._time(at, second) if at < len(self.minutes) else None

    def _time(self, minute: int, second: int) -> time:
        return time(*divmod(self.minutes[minute], 60), self.seconds[second])


def read_field(expression: str, name: str, text: str) -> Field:
    """Read one field of an expression. Raises CronError.

    ``R`` is drawn from a hash of the expression: drawn at random, as croniter does, it would
    differ from one process to the next.
    """
    others = [item for item in text.split(",") if item.lower() != "l"]
    if name == "day of the month" and others and len(others) < text.count(",") + 1:
        read_alone = read_field(expression, name, ",".join(others))  # with it 2-31 were `*`
        return replace(read_alone, text=text, values=read_alone.values | {LAST}, is_full=False)
    template, place, least, greatest, words = FIELDS[name]
    is_random = RANDOM.fullmatch(text)
    try:
        read = croniter(
            template.format(f"h{text[1:]}" if is_random else ONE.sub(r"\1", text)),
            0.0,
            hash_id=expression if is_random else None,
        )
    except ValueError as error:
        reason = str(error).strip().splitlines()[-1]
        raise CronError(
            f"{expression!r} is no cron expression: {text!r} cannot be its {name}, which takes "
            f"{least} to {greatest}{words}, in lists, ranges and steps (croniter: {reason}). "
            f"{ACCEPTED}"
        ) from error
    values = read.expanded[place]
    is_full = "*" in values
    return Field(
        text=text,
        values=frozenset(
            range(least, greatest + 1) if is_full else (LAST if v == "l" else v for v in values)
        ),
        is_full=is_full,
        nth=frozenset(
            (day, LAST if n == "l" else n)
            for day, numbers in read.nth_weekday_of_month.items()
            for n in numbers
        ),
        nearest=frozenset(getattr(read, "nearest_weekday", ())),
    )


@lru_cache(maxsize=4096)
def parse(text: str) -> Expression:
    """Read a cron expression, a frequency word or an alias; each is read once a process.

    Raises CronError for what croniter does not take, and for what never fires.
    """
    parts = cron_of(text).split()
    if not 5 <= len(parts) <= len(FIELDS):
        raise CronError(f"{text!r} is no cron expression, it has {len(parts)} fields. {ACCEPTED}")
    fields = {name: read_field(text, name, part) for name, part in zip(FIELDS, parts, strict=False)}
    hour, minute = fields["hour"], fields["minute"]
    expression = Expression(
        text=text,
        years=fields["year"].values if "year" in fields else frozenset(),
        months=fields["month"].values,
        days=Days(fields["day of the month"], fields["day of the week"]),
        minutes=tuple(sorted(h * 60 + m for h in hour.values for m in minute.values)),
        seconds=tuple(sorted(fields["second"].values)) if "second" in fields else (0,),
        keeps_rhythm=hour.is_full or "/" in hour.text,
    )
    try:
        expression.first_from(datetime(min(expression.years, default=2000), 1, 1))
    except CronError:
        raise CronError(f"the cron expression {text!r} never fires: there is no such day") from None
    return expression


def _is_any(field: Field, other: Field) -> bool:
    """Whether a day field leaves the choice to the other one, as croniter decides (2.0.1 not yet).

    A list or range of all days is a choice too: ``0 0 1-31 * 1`` is every day, not Mondays.
    """
    has_star = not {"*", "?"}.isdisjoint(field.text.split(","))  # as an item of its list, alone
    return field.is_full and (has_star or "*" in other.text)


def _nearest_weekday(day: int, week_days: Mapping[int, int]) -> int:
    if week_days[day] == 6:
        return day - 1 if day > 1 else 3
    if week_days[day] == 0:
        return day + 1 if day + 1 in week_days else day - 2
    return day
