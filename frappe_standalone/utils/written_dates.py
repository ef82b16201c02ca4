"""Dates, times and durations as people read them, of `frappe.utils`."""

from __future__ import annotations

import calendar
import re
from datetime import timedelta
from typing import Any

from frappe_standalone.exceptions import ValidationError
from frappe_standalone.missing import lacks
from frappe_standalone.utils import dates


def get_date_str(date_obj: Any) -> str:
    """A day as it is stored: 2026-01-31."""
    return dates._day(date_obj).strftime(dates.DATE_FORMAT)


def get_datetime_str(datetime_obj: Any) -> str:
    """A time as it is stored: 2026-01-31 10:00:00.000000."""
    when = dates.get_datetime(datetime_obj)
    return when.strftime(dates.DATETIME_FORMAT) if when else ""


def get_time_str(timedelta_obj: Any) -> str:
    """A time of day without zeros before its parts: 10:0:0."""
    span = dates.get_timedelta(timedelta_obj) or timedelta()
    return f"{span.seconds // 3600}:{span.seconds // 60 % 60}:{span.seconds % 60}"


_NAMED_DATES = {
    "full": "{0:%A}, {0:%B} {0.day}, {0.year}",
    "long": "{0:%B} {0.day}, {0.year}",
    "medium": "{0:%b} {0.day}, {0.year}",
    "short": "{0.month}/{0.day}/{0:%y}",
}
_NAMED_TIMES = {"short": "h:mm a", "medium": "h:mm:ss a"}
_LETTERS = {
    **{"y": "{0.year}", "yyyy": "{0:%Y}", "yy": "{0:%y}"},
    **{"M": "{0.month}", "MM": "{0:%m}", "MMM": "{0:%b}", "MMMM": "{0:%B}"},
    **{"d": "{0.day}", "dd": "{0:%d}"},
    **dict.fromkeys(("E", "EE", "EEE"), "{0:%a}"),
    **{"EEEE": "{0:%A}", "a": "{0:%p}", "HH": "{0:%H}", "hh": "{0:%I}"},
    **{"mm": "{0:%M}", "ss": "{0:%S}", "H": "{0.hour}", "m": "{0.minute}", "s": "{0.second}"},
}
"""Those of Unicode's patterns, by which Frappe has Babel write."""


def _written(when: Any, pattern: str) -> str:
    """By letters like `EEEE, d MMM yyyy 'at' HH:mm`.

    Raises:
        ValidationError: other letters are among them.
    """

    def part(found: re.Match[str]) -> str:
        letters = found[0]
        if letters[0] == "'":
            return letters[1:-1] or "'"
        if letters == "h":
            return f"{when:%I}".lstrip("0")
        if letters not in _LETTERS:
            known = ", ".join(("h", *_LETTERS))
            raise ValidationError(f"{letters!r} in the format {pattern!r} is none of {known}")
        return _LETTERS[letters].format(when)

    return re.sub(r"'[^']*'|([a-zA-Z])\1*", part, pattern)


def formatdate(
    string_date: Any = None, format_string: str | None = None, parse_day_first: bool = False
) -> str:
    """A date in letters like `dd-mm-yyyy`, or as `global_date_format`; as 2026-01-31 without."""
    day = dates.getdate(string_date, parse_day_first) if string_date else None
    if day is None:
        return ""
    if format_string in _NAMED_DATES:
        return global_date_format(day, format_string)
    return _written(day, (format_string or "yyyy-mm-dd").replace("m", "M").replace("Y", "y"))


format_date = formatdate


def global_date_format(date: dates.DateTimeLikeObject, format: str = "long") -> str:
    """`January 31, 2026`; `format` may also be short, medium or full."""
    return _NAMED_DATES[format].format(dates.getdate(date))


def format_datetime(datetime_string: Any, format_string: str | None = None) -> str:
    """A time in letters like `dd-MM-yyyy HH:mm`, or as `medium`; as 2026-01-31 10:00:00 without."""
    when = dates.get_datetime(datetime_string) if datetime_string else None
    if when is None:
        return ""
    if format_string in _NAMED_TIMES:
        return f"{formatdate(when, format_string)}, {format_time(when, format_string)}"
    return _written(when, format_string or "yyyy-MM-dd HH:mm:ss")


def format_time(time_string: Any = None, format_string: str | None = None) -> str:
    """A time of day as 10:00:00, in letters like `HH:mm`, or `short`: 10:00 AM."""
    if not time_string:
        return ""
    pattern = format_string or "HH:mm:ss"
    return _written(dates.get_time(time_string), _NAMED_TIMES.get(pattern, pattern))


def get_weekday(datetime: Any = None) -> str:
    """The weekday's English name; of today unless a day is given."""
    return dates._day(datetime or None).strftime("%A")


def get_weekdays() -> list[str]:
    """The weekdays' English names, Monday to Sunday."""
    return list(calendar.day_name)


def get_month(datetime: Any = None) -> str:
    """The month's English name; of this month unless a day is given."""
    return calendar.month_name[dates._day(datetime).month]


def format_timedelta(o: Any) -> str:
    """`25:03:04`, with a fraction of a second where there is one."""
    total = o.total_seconds() if isinstance(o, timedelta) else float(o or 0)
    hours, left = divmod(total, 3600)
    minutes, seconds = divmod(left, 60)
    seconds = round(seconds, 6)
    shown = int(seconds) if seconds == int(seconds) else seconds
    return f"{int(hours)}:{int(minutes):02}:{shown:02}"


_UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


def format_duration(seconds: float, hide_days: bool = False) -> str:
    """Seconds in words: 1d 2h 3m 4s."""
    left = int(seconds)
    parts = []
    for unit, size in _UNITS.items():
        if unit == "d" and hide_days:
            continue
        number, left = divmod(left, size)
        if number:
            parts.append(f"{number}{unit}")
    return " ".join(parts)


@lacks(mini=False)
def pretty_date(iso_datetime: Any) -> str:
    """How long ago a time was, or until it is, in words: '5 minutes ago', 'in 2 days'."""
    when = dates.get_datetime(iso_datetime) if iso_datetime else None
    if when is None:
        return ""
    passed = when - dates.now_datetime()
    seconds = passed.days * 86400 + passed.seconds
    name, size = next(
        (each for each in _SPANS if abs(seconds) / each[1] >= _NEARLY_ONE), ("second", 1)
    )
    number = round(abs(seconds) / size)
    text = f"{number} {name}{'' if number == 1 else 's'}"
    return f"{text} ago" if seconds < 0 else f"in {text}"


_SPANS = (
    *(("year", 31536000), ("month", 2592000), ("week", 604800)),
    *(("day", 86400), ("hour", 3600), ("minute", 60)),
)
_NEARLY_ONE = 0.85
"""From which part of a span on Babel, by which Frappe writes, calls it one."""
