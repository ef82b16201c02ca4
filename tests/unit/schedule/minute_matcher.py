"""The oracle for cron expressions: walks the wall clock and looks.

Everything is its own: it reads expressions without croniter and without `frappe_celery`, and
knows zones only through what PEP 495 says of a wall-clock time that is missing or comes twice.
It reads the spellings that mean the same in croniter 1.3 to 7: no ranges that wrap around or
begin where they end, no ``a/step`` for weekdays, no year, no ``W``.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from itertools import product, starmap

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
MINUTE = timedelta(minutes=1)


class Oracle:
    """Says when an expression of five or six fields fires in a zone."""

    def __init__(self, expression: str, tz: tzinfo) -> None:
        minute, hour, self.day, month, self.weekday, *rest = expression.split()
        self.seconds = [n for n in range(60) if allows(rest[0] if rest else "0", n, 0, 59)]
        self.minutes = {n for n in range(60) if allows(minute, n, 0, 59)}
        self.hours = {n for n in range(24) if allows(hour, n, 0, 23)}
        self.months = {n for n in range(1, 13) if allows(month, n, 1, 12, MONTHS, 1)}
        self.steady = "/" in hour or len(self.hours) == 24
        self.tz = tz

    def between(self, start: datetime, end: datetime) -> list[datetime]:
        """Its instants after ``start`` and not after ``end``, in UTC."""
        # Two days on both sides: Samoa once left out a whole one.
        day = start.astimezone(self.tz).date() - timedelta(days=2)
        last = end.astimezone(self.tz).date() + timedelta(days=2)
        found = set()
        while day <= last:
            if self.has_day(day):
                for wall in starmap(time, product(self.hours, self.minutes, self.seconds)):
                    found.update(self.instants(datetime.combine(day, wall)))
            day += timedelta(days=1)
        return sorted(instant for instant in found if start < instant <= end)

    def instants(self, wall: datetime) -> Iterator[datetime]:
        """The instants at which the run for one wall-clock time happens."""
        first, second = (self.utc(wall, fold) for fold in (0, 1))
        if first.astimezone(self.tz).replace(tzinfo=None) == wall:
            yield first
            if self.steady:
                yield second
        elif self.steady:
            yield first  # PEP 495: a missing time read with the offset from before the gap
        else:
            while self.utc(wall, 0).astimezone(self.tz).replace(tzinfo=None) != wall:
                wall = (wall + MINUTE).replace(second=0)
            yield self.utc(wall, 0)

    def utc(self, wall: datetime, fold: int) -> datetime:
        return wall.replace(tzinfo=self.tz, fold=fold).astimezone(timezone.utc)

    def has_day(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        in_month, in_week = self.in_month(day), self.in_week(day)
        if self.leaves_free(self.day, self.weekday) or self.leaves_free(self.weekday, self.day):
            return in_month and in_week
        return in_month or in_week

    def leaves_free(self, field: str, other: str) -> bool:
        """Croniter takes a field with every day written out for ``*`` beside one with a star."""
        if field in "*?":
            return True
        if "*" not in other or "#" in field or "l" in field.lower():
            return False
        if field == self.day:
            return all(allows(field, n, 1, 31) for n in range(1, 32))
        week = (date(2024, 9, 1) + timedelta(days=n) for n in range(7))
        return all(self.in_week(day) for day in week)

    def in_month(self, day: date) -> bool:
        is_last = day.day == calendar.monthrange(day.year, day.month)[1]
        return any(
            is_last if item in "Ll" else allows(item, day.day, 1, 31)
            for item in self.day.split(",")
        )

    def in_week(self, day: date) -> bool:
        return any(self.is_weekday(item.lower(), day) for item in self.weekday.split(","))

    def is_weekday(self, item: str, day: date) -> bool:
        number = day.isoweekday() % 7
        if item.startswith("l"):
            is_last = (day + timedelta(days=7)).month != day.month
            return is_last and int(item[1:]) % 7 == number
        item, _, nth = item.partition("#")
        if nth and (day.day - 1) // 7 + 1 != int(nth):
            return False
        return any(allows(item, n, 0, 6, WEEKDAYS) for n in {number, number or 7})


def allows(
    field: str, value: int, least: int, greatest: int, names: Sequence[str] = (), base: int = 0
) -> bool:
    """Whether a field's list of ``*``, numbers, names, ranges and steps has the value."""

    def number(text: str) -> int:
        text = text.lower()
        return names.index(text) + base if text in names else int(text)

    for item in field.split(","):
        item, slash, step = item.partition("/")
        low, dash, high = item.partition("-")
        if item in ("*", "?"):
            start, end = least, greatest
        else:
            start = number(low)
            end = number(high) if dash else greatest if slash else start
        if start <= value <= end and (value - start) % int(step or 1) == 0:
            return True
    return False
