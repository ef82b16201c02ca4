"""Functions of MariaDB's that SQLite lacks, for statements carried to it."""

from __future__ import annotations

import json
import math
import re
import sqlite3
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cmp_to_key, lru_cache
from typing import Any

from dateutil.relativedelta import relativedelta

from frappe_standalone.database.values import moment_of, number_of, text_of, time_of

_FORMATS = {"%r": "%I:%M:%S %p", "%v": "%V", "%x": "%G"}
"""MariaDB's signs that are others in Python, beside those that sqlglot knows."""
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_INTEGER = re.compile(r"\s*[+-]?\d+")


_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def _when(value: Any) -> datetime:
    return moment_of(str(value))


def _as_it_came(value: Any, made: datetime) -> str:
    """A day without a time remains one."""
    is_day = len(str(value)) == 10 and made.time() == datetime.min.time()
    return str(made.date() if is_day else made)


def add(value: Any, number: Any, unit: str) -> str:
    """`value + INTERVAL number unit`; relativedelta refuses what is no unit."""
    unit, count = unit.lower(), Decimal(str(number))
    count = count if unit == "second" else count.quantize(Decimal(1), ROUND_HALF_UP)
    if unit == "quarter":
        unit, count = "month", count * 3
    spans: Any = {f"{unit}s": float(count) if unit == "second" else int(count)}
    return _as_it_came(value, _when(value) + relativedelta(**spans))


def difference(unit: str, first: Any, last: Any) -> int:
    """MariaDB's `TIMESTAMPDIFF(unit, first, last)`, in whole units."""
    unit, begin, end = unit.lower(), _when(first), _when(last)
    if unit in _MONTHS:
        sign = 1 if begin <= end else -1
        begin, end = sorted((begin, end))
        months = (end.year - begin.year) * 12 + end.month - begin.month
        months -= (end.day, end.time()) < (begin.day, begin.time())
        return sign * (months // _MONTHS[unit])
    return int((end - begin) / timedelta(**{f"{unit}s": 1}))


@lru_cache
def _python(form: str) -> str:
    """A format of MariaDB's in the letters of Python's `strftime`."""
    from sqlglot.dialects.mysql import MySQL
    from sqlglot.time import format_time

    if found := re.search("%[DVX]", form):
        raise ValueError(f"the format {found[0]}")
    return format_time(form, {**MySQL.TIME_MAPPING, **_FORMATS}) or ""


def date_format(value: Any, form: str) -> str:
    return _when(value).strftime(_python(form))


def time_format(value: Any, form: str) -> str:
    """`TIME_FORMAT`, of a time of day."""
    span = _of_day(value)
    if span.days:
        raise ValueError(f"{value} is no time of day")
    return (datetime.min + span).strftime(_python(form))


def str_to_date(value: str, form: str) -> str | None:
    """`STR_TO_DATE`; NULL for what does not fit."""
    python = _python(form).replace("%-", "%")
    try:
        made = datetime.strptime(value, python)
    except ValueError:
        return None
    has_time = re.search("%[HIMSfp]", python)
    return str(made) if has_time else str(made.date())


def substring_index(text: str, mark: str, count: int) -> str:
    """MariaDB's `SUBSTRING_INDEX`: from the end with a negative count."""
    pieces = text.split(mark)
    return mark.join(pieces[:count] if count >= 0 else pieces[count:])


def field(what: Any, *among: Any) -> int:
    """`FIELD`: which of them it is, 0 for none."""
    places = (n for n, each in enumerate(among, 1) if None not in (what, each))
    return next((n for n in places if not compare(what, among[n - 1])), 0)


def find_in_set(what: str, among: str) -> int:
    """MariaDB's `FIND_IN_SET`: a place from 1, 0 for none."""
    return field(what, *among.split(",")) if among else 0


def concat_ws(mark: str, *texts: Any) -> str:
    """MariaDB's `CONCAT_WS`: what is NULL is left out."""
    return mark.join(str(text) for text in texts if text is not None)


def substring(of: Any, start: int, count: int | None = None) -> str:
    """`SUBSTRING`: from 1, or from the end with a number below zero."""
    text = str(of)
    first = start - 1 if start > 0 else len(text) + start
    if start == 0 or first < 0:
        return ""
    return text[first:] if count is None else text[first : first + max(count, 0)]


def modulo(number: Any, divisor: Any) -> Any:
    """MariaDB's `MOD`, which takes fractions too."""
    number, divisor = _as_number(number), _as_number(divisor)
    if not divisor:
        return None
    rest = math.fmod(number, divisor)
    return int(rest) if isinstance(number, int) and isinstance(divisor, int) else rest


def _moment(value: Any) -> Any:
    return _when(value) if _DAY.match(str(value)) else time_of(str(value))


def _of_day(value: Any) -> timedelta:
    return time_of(str(value).rpartition(" ")[2])


def timediff(last: Any, first: Any) -> str | None:
    """`TIMEDIFF`; NULL for a time and a time of day."""
    end, begin = _moment(last), _moment(first)
    return text_of(end - begin) if type(end) is type(begin) else None


def addtime(value: Any, more: Any, sign: int = 1) -> str:
    """MariaDB's `ADDTIME`; with a `sign` of -1 it is `SUBTIME`."""
    made = _moment(value) + sign * time_of(str(more))
    return str(made) if isinstance(made, datetime) else text_of(made)


def makedate(year: int, day: int) -> str | None:
    if year < 100:
        year += 2000 if year < 70 else 1900
    return str(date(year, 1, 1) + timedelta(day - 1)) if day > 0 else None


def truncate(number: Any, places: int) -> float:
    scale = 10**places
    made = int(float(number) * scale) / scale
    return made if places > 0 else int(made)


def rounded(number: Any, places: int = 0) -> float:
    """`ROUND`: a half away from zero, and to tens with places below zero."""
    exact = Decimal(str(number)).scaleb(places).quantize(Decimal(1), ROUND_HALF_UP)
    made = exact.scaleb(-places)
    return int(made) if isinstance(number, int) or places <= 0 else float(made)


def integer(value: Any) -> int:
    """`CAST(… AS SIGNED)`: a number is rounded, a text read as far as it is one."""
    if isinstance(value, str):
        found = _INTEGER.match(value)
        return int(found[0]) if found else 0
    return int(rounded(value))


def hexadecimal(value: Any) -> str:
    """`HEX`: of a number its digits, of a text its bytes."""
    if isinstance(value, (int, float)):
        return f"{integer(value) % 2**64:X}"
    return (value.encode() if isinstance(value, str) else bytes(value)).hex().upper()


def compare(one: Any, other: Any) -> int:
    """Which is more: text without case, or as the number that it begins with if one is a number."""
    if isinstance(one, str) and isinstance(other, str):
        one, other = one.lower(), other.lower()
    else:
        one, other = (_as_number(each) for each in (one, other))
    return int(one > other) - int(one < other)


def _as_number(value: Any) -> Any:
    if isinstance(value, str) and _DAY.match(value):
        raise ValueError(f"{value!r} is compared with a number")
    return number_of(value) if isinstance(value, str) else value


def is_in(what: Any, *among: Any) -> int | None:
    """`IN`, whatever kinds they are of."""
    if what is not None and any(not compare(what, each) for each in among if each is not None):
        return 1
    return None if what is None or None in among else 0


def week(value: Any, mode: int = 0) -> int:
    """`WEEK`: from Sunday to Saturday, or by mode 3 those of ISO 8601."""
    return int(_when(value).strftime({0: "%U", 3: "%V"}[mode]))


def last_day(value: Any) -> str:
    return str((_when(value) + relativedelta(day=31)).date())


def timestamp(value: Any, of_day: Any = "0:0:0") -> str:
    """`TIMESTAMP`: a day, or a time and what is added to it."""
    return str(_when(value) + time_of(str(of_day)))


_FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {
    "frappe_add": (3, add),
    "frappe_compare": (2, compare),
    "frappe_mod": (2, modulo),
    "number_of": (1, lambda text: number_of(str(text))),
    "greatest": (-1, lambda *given: max(given, key=cmp_to_key(compare))),
    "least": (-1, lambda *given: min(given, key=cmp_to_key(compare))),
    "lower": (1, lambda text: str(text).lower()),
    "upper": (1, lambda text: str(text).upper()),
    "substring": (-1, substring),
    "time": (1, lambda value: text_of(_of_day(value))),
    "timediff": (2, timediff),
    "sec_to_time": (1, lambda seconds: text_of(timedelta(seconds=number_of(str(seconds))))),
    "addtime": (2, addtime),
    "subtime": (2, lambda value, less: addtime(value, less, -1)),
    "time_format": (2, time_format),
    "maketime": (3, lambda *parts: text_of(time_of(":".join(map(str, parts))))),
    "makedate": (2, makedate),
    "frappe_difference": (3, difference),
    "frappe_integer": (1, integer),
    "date_format": (2, date_format),
    "str_to_date": (2, str_to_date),
    "substring_index": (3, substring_index),
    "find_in_set": (2, find_in_set),
    "datediff": (2, lambda last, first: (_when(last).date() - _when(first).date()).days),
    "round": (2, rounded),
    "ceil": (1, lambda value: math.ceil(number_of(str(value)))),
    "floor": (1, lambda value: math.floor(number_of(str(value)))),
    "hex": (1, hexadecimal),
    "truncate": (2, truncate),
    "last_day": (1, last_day),
    "timestamp": (-1, timestamp),
    "time_to_sec": (1, lambda value: int(_of_day(value).total_seconds())),
    "left": (2, lambda text, count: str(text)[: max(count, 0)]),
    "right": (2, lambda text, count: str(text)[-count:] if count > 0 else ""),
    "year": (1, lambda value: _when(value).year),
    "month": (1, lambda value: _when(value).month),
    "day": (1, lambda value: _when(value).day),
    "dayofmonth": (1, lambda value: _when(value).day),
    "dayofweek": (1, lambda value: _when(value).isoweekday() % 7 + 1),
    "dayofyear": (1, lambda value: _when(value).timetuple().tm_yday),
    "week": (-1, week),
    "weekofyear": (1, lambda value: week(value, 3)),
    "weekday": (1, lambda value: _when(value).weekday()),
    "quarter": (1, lambda value: (_when(value).month + 2) // 3),
    "hour": (1, lambda value: abs(_of_day(value)) // timedelta(hours=1)),
    "minute": (1, lambda value: abs(_of_day(value)).seconds // 60 % 60),
    "second": (1, lambda value: abs(_of_day(value)).seconds % 60),
    "dayname": (1, lambda value: _when(value).strftime("%A")),
    "monthname": (1, lambda value: _when(value).strftime("%B")),
    "unix_timestamp": (1, lambda value: _when(value).timestamp()),
    "from_unixtime": (1, lambda value: str(datetime.fromtimestamp(value))),
    "json_unquote": (1, lambda text: str(json.loads(text)) if text.startswith('"') else text),
    "uuid": (0, lambda: str(uuid.uuid1())),
    "to_days": (1, lambda value: _when(value).toordinal() + 365),
}


def _null(function: Callable[..., Any]) -> Callable[..., Any]:
    """NULL for NULL, as MariaDB answers."""

    def called(*given: Any) -> Any:
        if None in given:
            return None
        return function(*given)

    return called


def prepare(connection: Any, **_: Any) -> None:
    """Give a new connection of Django's to SQLite the functions, and a time of day its reader."""
    if connection.vendor != "sqlite":
        return
    sqlite3.register_converter("timedelta", lambda stored: time_of(stored.decode()))
    sqlite3.register_adapter(time, str)
    made = connection.connection
    for name, (count, function) in _FUNCTIONS.items():
        made.create_function(name, count, _null(function), deterministic=name != "uuid")
    made.create_function("field", -1, field, deterministic=True)
    made.create_function("frappe_in", -1, is_in, deterministic=True)
    made.create_function("concat_ws", -1, concat_ws, deterministic=True)
