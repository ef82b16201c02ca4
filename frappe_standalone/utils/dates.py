"""Dates and times of `frappe.utils`: naive, in the site's time zone, given as text or objects."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any, cast
from zoneinfo import ZoneInfo

from dateutil import parser
from dateutil.relativedelta import relativedelta

from frappe_celery.host import settings
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local

DATE_FORMAT = "%Y-%m-%d"
TIME_FORMAT = "%H:%M:%S.%f"
DATETIME_FORMAT = f"{DATE_FORMAT} {TIME_FORMAT}"
DateTimeLikeObject = str | date | datetime

_zone_named = lru_cache(ZoneInfo)


def get_system_timezone() -> str:
    """IANA name of the site's time zone: `time_zone` in its configuration, else the bench's."""
    configured = local.conf.get("time_zone") if local.is_set_up else None
    return str(configured or settings.current().zone)


def zone() -> ZoneInfo:
    """The site's time zone, as the standard library's `ZoneInfo`."""
    return _zone_named(get_system_timezone())


# -- now


def now_datetime() -> datetime:
    """The time now in the site's time zone, naive."""
    return datetime.now(zone()).replace(tzinfo=None)


def as_aware(value: Any) -> datetime:
    """A naive time of the site as an aware one in UTC."""
    if isinstance(value, datetime) and value.tzinfo is timezone.utc:
        return value
    when = get_datetime(value) or now_datetime()
    return (when if when.tzinfo else when.replace(tzinfo=zone())).astimezone(timezone.utc)


def now() -> str:
    """The site's time now, as text with microseconds."""
    return now_datetime().strftime(DATETIME_FORMAT)


def nowdate() -> str:
    """Today on the site, as text: 2026-01-31."""
    return now_datetime().strftime(DATE_FORMAT)


today = nowdate


def nowtime() -> str:
    """The time of day, as text with microseconds."""
    return now_datetime().strftime(TIME_FORMAT)


def get_timestamp(date: DateTimeLikeObject | None = None) -> float:
    """Seconds since the epoch at the start of a day."""
    day = getdate(date) or now_datetime().date()
    return datetime(day.year, day.month, day.day, tzinfo=zone()).timestamp()


def convert_utc_to_timezone(utc_timestamp: datetime, time_zone: str) -> datetime:
    """A naive or aware UTC time in a zone, aware."""
    if utc_timestamp.tzinfo is None:
        utc_timestamp = utc_timestamp.replace(tzinfo=timezone.utc)
    return utc_timestamp.astimezone(_zone_named(time_zone))


def convert_utc_to_system_timezone(utc_timestamp: datetime) -> datetime:
    """A naive or aware UTC time in the site's zone, aware."""
    return convert_utc_to_timezone(utc_timestamp, get_system_timezone())


# -- reading


def getdate(
    string_date: DateTimeLikeObject | None = None, parse_day_first: bool = False
) -> date | None:
    """A date from text or a time; today for None and '', None for '0000-00-00'.

    Raises:
        ValidationError: the text is no date.
    """
    if not string_date:
        return now_datetime().date()
    if isinstance(string_date, datetime):
        return string_date.date()
    if isinstance(string_date, date):
        return string_date
    found = _parse(string_date, parse_day_first)
    return found and found.date()


def get_datetime(datetime_str: Any = None) -> datetime | None:
    """A time from text or a date; now for None, None for '', a timedelta as it is.

    Raises:
        ValidationError: the text is no time.
    """
    if datetime_str is None:
        return now_datetime()
    if isinstance(datetime_str, (datetime, timedelta)):
        return cast("datetime", datetime_str)
    if isinstance(datetime_str, date):
        return datetime(datetime_str.year, datetime_str.month, datetime_str.day)
    return _parse(datetime_str)


def _parse(text: Any, day_first: bool = False) -> datetime | None:
    """None for what stands for no time."""
    if not str(text).strip() or str(text).startswith(("0000-00-00", "0001-01-01")):
        return None
    try:
        return parser.isoparse(str(text).strip().replace(" ", "T", 1))
    except ValueError:
        pass
    try:
        return parser.parse(str(text), dayfirst=day_first)
    except (ValueError, OverflowError):
        raise ValidationError(f"{text!r} is not a valid date or time") from None


def get_time(time_str: Any) -> time:
    """A time of day from text, a datetime or a timedelta."""
    if isinstance(time_str, datetime):
        return time_str.time()
    if isinstance(time_str, time):
        return time_str
    if isinstance(time_str, timedelta):
        return (datetime.min + time_str).time()
    return parser.parse(str(time_str)).time()


def get_timedelta(time: Any = None) -> timedelta | None:
    """A duration from text, 'HH:MM:SS'; None for none."""
    return to_timedelta(time)


def to_timedelta(time_str: Any) -> timedelta | None:
    """A duration from text, 'HH:MM:SS'; None for none."""
    if isinstance(time_str, timedelta):
        return time_str
    if not time_str:
        return None
    hours, minutes, seconds = ([float(part) for part in str(time_str).split(":")] + [0.0, 0.0])[:3]
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


# -- reckoning


def add_to_date(
    date: Any = None,
    years: float = 0,
    months: float = 0,
    weeks: float = 0,
    days: float = 0,
    hours: float = 0,
    minutes: float = 0,
    seconds: float = 0,
    as_string: bool = False,
    as_datetime: bool = False,
) -> Any:
    """`date` moved. Text gives text, a date a date, a time a time, as in Frappe."""
    when: Any = now_datetime() if date is None else date
    if isinstance(when, str):
        as_string = True
        as_datetime = as_datetime or " " in when
        when = get_datetime(when)
    as_datetime = as_datetime or bool(hours)
    if as_datetime or minutes or seconds:
        when = get_datetime(when)
    # relativedelta takes whole years and months only
    moved = (
        when
        + relativedelta(years=int(years), months=int(months))
        + timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    )
    if as_string:
        return moved.strftime(DATETIME_FORMAT if as_datetime else DATE_FORMAT)
    return moved


def add_days(date: Any, days: float) -> Any:
    """`date` moved by so many days, also back."""
    return add_to_date(date, days=days)


def add_months(date: Any, months: int) -> Any:
    """`date` moved by months, at most to the month's last day."""
    return add_to_date(date, months=months)


def add_years(date: Any, years: int) -> Any:
    """`date` moved by so many years, also back."""
    return add_to_date(date, years=years)


def date_diff(string_ed_date: Any, string_st_date: Any) -> int:
    """Days from the second date to the first."""
    return (_day(string_ed_date) - _day(string_st_date)).days


days_diff = date_diff


def month_diff(string_ed_date: Any, string_st_date: Any) -> int:
    """Months from the second date to the first, both counted."""
    last, first = _day(string_ed_date), _day(string_st_date)
    return (last.year - first.year) * 12 + last.month - first.month + 1


def time_diff(string_ed_date: Any, string_st_date: Any) -> timedelta:
    """The time from the second to the first."""
    last, first = get_datetime(string_ed_date), get_datetime(string_st_date)
    if last is None or first is None:
        raise ValidationError("time_diff needs two times; one of them is empty")
    return last - first


def time_diff_in_seconds(string_ed_date: Any, string_st_date: Any) -> float:
    """Seconds from the second time to the first."""
    return time_diff(string_ed_date, string_st_date).total_seconds()


def time_diff_in_hours(string_ed_date: Any, string_st_date: Any) -> float:
    """Hours from the second time to the first."""
    return round(time_diff_in_seconds(string_ed_date, string_st_date) / 3600, 6)


def _day(value: Any) -> date:
    day = getdate(value)
    if day is None:
        raise ValidationError("a date is needed; it is empty")
    return day
