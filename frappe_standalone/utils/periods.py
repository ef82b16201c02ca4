"""Weeks, months, quarters and years: where they begin and end."""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from frappe_standalone.utils.dates import DATE_FORMAT, _day, add_to_date


def _given(day: date, as_str: bool) -> Any:
    return day.strftime(DATE_FORMAT) if as_str else day


def get_first_day(dt: Any, d_years: int = 0, d_months: int = 0, as_str: bool = False) -> Any:
    """The first day of the month, moved by years and months."""
    day = _day(dt) + relativedelta(years=d_years, months=d_months)
    return _given(day.replace(day=1), as_str)


def get_last_day(dt: Any) -> date:
    """The last day of the month."""
    day = _day(dt)
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def is_last_day_of_the_month(dt: Any) -> bool:
    """Whether a day is its month's last one."""
    return bool(_day(dt) == get_last_day(dt))


def get_first_day_of_week(dt: Any, as_str: bool = False) -> Any:
    """The Sunday on that day or before it."""
    day = _day(dt)
    return _given(day - timedelta(days=(day.weekday() + 1) % 7), as_str)


def get_last_day_of_week(dt: Any, as_str: bool = False) -> Any:
    """The Saturday on that day or after it."""
    return _given(get_first_day_of_week(dt) + timedelta(days=6), as_str)


def get_quarter_start(dt: Any, as_str: bool = False) -> Any:
    """The first day of the quarter."""
    day = _day(dt)
    return _given(day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1), as_str)


def get_quarter_ending(date: Any = None, as_str: bool = False) -> Any:
    """The last day of the quarter."""
    return _given(get_last_day(get_quarter_start(date) + relativedelta(months=2)), as_str)


def get_year_start(dt: Any, as_str: bool = False) -> Any:
    """The first day of the year."""
    return _given(_day(dt).replace(month=1, day=1), as_str)


def get_year_ending(date: Any = None, as_str: bool = False) -> Any:
    """The last day of the year."""
    return _given(_day(date).replace(month=12, day=31), as_str)


def get_timespan_date_range(timespan: str) -> tuple[Any, Any] | None:
    """The first and the last day of `last week`, `this quarter`, `next 7 days`, …"""
    today = _day(None)
    words = {"yesterday": -1, "today": 0, "tomorrow": 1}
    if timespan in words:
        return (add_to_date(today, days=words[timespan]),) * 2
    which, _, span = timespan.partition(" ")
    direction = {"last": -1, "this": 0, "next": 1}.get(which)
    if direction is None:
        return None
    if direction and (last_days := re.fullmatch(r"(7|14|30|90) days", span)):
        edge = add_to_date(today, days=direction * int(last_days[1]))
        return (edge, today) if direction < 0 else (today, edge)
    if direction and span == "6 months":
        first, last = sorted((direction * 3, direction * 6))
        return (
            get_quarter_start(add_to_date(today, months=first)),
            get_quarter_ending(add_to_date(today, months=last)),
        )
    if span not in _SPANS:
        return None
    step, begin, end = _SPANS[span]
    years, months, days = (direction * count for count in step)
    day = add_to_date(today, years=years, months=months, days=days)
    return begin(day), end(day)


_SPANS: dict[str, tuple[tuple[int, int, int], Any, Any]] = {
    "week": ((0, 0, 7), get_first_day_of_week, get_last_day_of_week),
    "month": ((0, 1, 0), get_first_day, get_last_day),
    "quarter": ((0, 3, 0), get_quarter_start, get_quarter_ending),
    "year": ((1, 0, 0), get_year_start, get_year_ending),
}
