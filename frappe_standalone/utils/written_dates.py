"""Dates, times and durations as people read them, of `frappe.utils`."""

from __future__ import annotations

import calendar
from datetime import timedelta
from typing import Any

from frappe_standalone.local import local
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


def _language() -> str:
    """By whose customs Babel writes."""
    return str(local.lang or "en").replace("-", "_")


def formatdate(
    string_date: Any = None, format_string: str | None = None, parse_day_first: bool = False
) -> str:
    """A date in letters like `dd-mm-yyyy`, or as `global_date_format`; as 2026-01-31 without."""
    day = dates.getdate(string_date, parse_day_first) if string_date else None
    pattern = (format_string or "yyyy-mm-dd").replace("mm", "MM").replace("Y", "y")
    return global_date_format(day, pattern) if day else ""


format_date = formatdate


def global_date_format(date: dates.DateTimeLikeObject, format: str = "long") -> str:
    """`January 31, 2026`; `format` may also be short, medium or full."""
    from babel.dates import format_date

    return format_date(dates.getdate(date), format, locale=_language())


def format_datetime(datetime_string: Any, format_string: str | None = None) -> str:
    """A time in letters like `dd-MM-yyyy HH:mm`, or as `medium`; as 2026-01-31 10:00:00 without."""
    from babel.dates import format_datetime

    when = dates.get_datetime(datetime_string) if datetime_string else None
    pattern = format_string or "yyyy-MM-dd HH:mm:ss"
    return format_datetime(when, pattern, locale=_language()) if when else ""


def format_time(time_string: Any = None, format_string: str | None = None) -> str:
    """A time of day as 10:00:00, in letters like `HH:mm`, or `short`: 10:00 AM."""
    from babel.dates import format_time

    if not time_string:
        return ""
    return format_time(dates.get_time(time_string), format_string or "HH:mm:ss", locale=_language())


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
    from babel.dates import format_timedelta

    when = dates.get_datetime(iso_datetime) if iso_datetime else None
    if when is None:
        return ""
    span = when - dates.now_datetime()
    span = timedelta(days=span.days, seconds=span.seconds)
    return format_timedelta(span, add_direction=True, locale=_language())
