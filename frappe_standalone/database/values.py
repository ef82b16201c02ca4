"""A field's value on its way into a column, and back out of what a driver gives."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from frappe_standalone.database.schema import DECIMAL_PLACES, Column
from frappe_standalone.exceptions import CharacterLengthExceededError, ValidationError
from frappe_standalone.utils.dates import get_datetime, getdate
from frappe_standalone.utils.numbers import cint, flt
from frappe_standalone.utils.values import from_column, read_json, to_json

_MOST = {"check": 127, "int": 2**31 - 1, "long int": 2**63 - 1}
"""What MariaDB's column of a type holds."""
_KINDS: tuple[tuple[Any, str], ...] = (
    (str, "text"),
    ((bool, int), "int"),
    ((float, Decimal), "float"),
    (datetime, "datetime"),
    (date, "date"),
    ((time, timedelta), "time"),
)
_LIKE: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "int": (bool, int),
    "float": (bool, int, float, Decimal),
    "date": (date, str),
    "datetime": (date, str),
    "time": (time, timedelta, str),
}


def kind_of(value: Any) -> str:
    """The kind of column for a value's field where no app says which."""
    return next((kind for types, kind in _KINDS if isinstance(value, types)), "json")


def to_column(
    value: Any,
    column: Column,
    field: str,
    is_described: bool,
    wanted: Column | None = None,
    by_itself: bool = False,
) -> Any:
    """A value as the column holds it; what an app describes is made what it says, as in Frappe.

    Args:
        wanted: the column as the app describes it, where one does.
        by_itself: no document made it what the column holds, as Frappe's do: only MariaDB would.

    Raises:
        ValidationError: it cannot be that; names the field.
        TypeError: it cannot be stored at all.
    """
    kind = column.kind
    if not is_described:
        _check(value, column, field)
    try:
        if by_itself and wanted:
            value = _as_mariadb(value, kind, wanted)
        if value is None or (value == "" and kind != "text"):
            return None if column.null and (not wanted or wanted.null) else 0
        if kind == "json" and is_described and isinstance(value, str):
            json.loads(value)
            return value
        made = _TO[kind](value)
        if kind == "float" and is_described:
            made = _number(made, wanted.places if wanted else DECIMAL_PLACES)
        elif kind == "int" and wanted and abs(made) > _MOST.get(wanted.type, 2**63):
            raise OverflowError
    except (ValueError, ArithmeticError, ValidationError) as exc:
        raise ValidationError(f"{field}: {value!r} cannot be stored as {kind}") from exc
    if column.size and len(made) > column.size:
        raise CharacterLengthExceededError(
            f"{field} has {len(made)} characters, {column.size} are the most: {made[:40]!r}…"
        )
    return made


def _as_mariadb(value: Any, kind: str, wanted: Column) -> Any:
    if isinstance(value, (list, tuple, set, dict)):
        raise ValueError(value)
    if kind in ("text", "json") or (value is None and wanted.null):
        return value
    if value is None or value == "":
        raise ValueError(value)
    is_number = kind in ("int", "float") and not isinstance(value, int)
    return _number(value, 0 if kind == "int" else DECIMAL_PLACES) if is_number else value


def _number(value: Any, places: int) -> float:
    """A number, or the text of one, rounded as MariaDB does: a half away from zero."""
    if isinstance(value, float) and abs(value) < 1e12 and round(value, places) == value:
        return value
    text = str(value).strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return float(Decimal(text).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP))


def is_cut(value: Any, kind: str) -> bool:
    """Whether a column of that kind would hold less than the value."""
    if value is None or value == "":
        return False
    if kind == "date":
        when = get_datetime(value) if isinstance(value, (str, datetime)) else None
        return when is not None and when.time() != time()
    if kind == "time":
        return isinstance(value, str) and "-" in value
    if kind not in ("int", "float") or isinstance(value, int):
        return False
    try:
        number = float(value.replace(",", "") if isinstance(value, str) else value)
    except (ValueError, TypeError):
        return True
    return kind == "int" and number != cint(number)


def _check(value: Any, column: Column, field: str) -> None:
    if value is None or (value == "" and column.kind != "text") or column.kind == "json":
        return
    if isinstance(value, _LIKE[column.kind]) and not (
        column.kind == "time" and is_cut(value, "time")
    ):
        return
    raise ValidationError(
        f"the field {field!r} holds {column.kind}, as its first document did; {value!r} is"
        f" {kind_of(value)}. Give it values of one kind, or describe the doctype in an app"
    )


READERS: dict[str, Callable[[Any], Any]] = {
    "json": lambda value: read_json(value) if isinstance(value, str) and value else value,
    "date": lambda value: date.fromisoformat(value) if isinstance(value, str) else value,
    "datetime": lambda value: datetime.fromisoformat(value) if isinstance(value, str) else value,
    "time": lambda value: time_of(value) if isinstance(value, str) else value,
}
"""By kind of column: what no driver does."""


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    if isinstance(value, bool):
        return str(int(value))
    return to_json(value) if isinstance(value, (list, tuple, set, dict)) else str(value)


def time_of(text: str) -> timedelta:
    """A time of day, or how long something takes, as SQLite has it."""
    hours, minutes, seconds, *_ = [*text.lstrip("-").split(":"), "0"]
    span = timedelta(hours=int(hours), minutes=int(minutes), seconds=float(seconds))
    return -span if text.startswith("-") else span


def text_of(span: timedelta) -> str:
    """A time as the text that `time_of` reads."""
    minutes, seconds = divmod(abs(span), timedelta(minutes=1))
    sign = "-" if span < timedelta(0) else ""
    return f"{sign}{minutes // 60:02}:{minutes % 60:02}:{str(seconds)[5:]}"


def span_of(value: Any) -> Any:
    """A time of day as the time since midnight; anything else as it is."""
    return datetime.combine(date.min, value) - datetime.min if isinstance(value, time) else value


def _time(value: Any) -> timedelta:
    if isinstance(value, str):
        found = get_datetime(value)
        value = found.time() if found else None
    value = span_of(value)
    if not isinstance(value, timedelta) or not timedelta(0) <= value < timedelta(days=1):
        raise ValueError
    return value


_TO: dict[str, Any] = {
    "text": _text,
    "int": lambda value: int(value) if isinstance(value, int) else cint(value),
    "float": flt,
    "date": getdate,
    "datetime": lambda value: from_column(get_datetime(value)),
    "time": _time,
    "json": to_json,
}


# -- in comparisons

_NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.I)


_FRACTION = re.compile(r"\.\d+")
_ONE_DIGIT = re.compile(r"-(\d)(?!\d)")
_NO_TIMES = ("", "0000-00-00", "0000-00-00 00:00:00")
"""MariaDB's zero dates, which stand before every other."""


def number_of(text: str) -> float:
    """The number that a text begins with, as MariaDB reads it where it wants one."""
    found = _NUMBER.match(text)
    number = float(found[0]) if found else 0
    return int(number) if number == int(number) else number


class NotOfKind(ValueError):
    """A value cannot be what it is compared with."""


def moment_of(text: str) -> datetime:
    """A time with any number of digits after its second; Python 3.10 reads 3 and 6 only."""
    return datetime.fromisoformat(_FRACTION.sub(lambda found: f"{found[0]:0<7.7}", text))


def of_kind(value: Any, kind: str, vendor: str) -> Any:
    """A value as the kind that it is compared with.

    Raises:
        NotOfKind: it cannot be that.
    """
    if kind == "number":
        return number_of(value) if isinstance(value, str) else value
    if kind == "pattern":
        if "\0" in str(value):
            raise NotOfKind(f"a NUL ends a pattern of LIKE there: {value!r}")
        return value
    if kind == "text":
        if isinstance(value, (int, float, Decimal)):  # numbers alone make a number of the text
            raise NotOfKind(f"{value!r} stands among texts")
        return str(from_column(value)) if isinstance(value, date) else value
    if kind not in ("date", "datetime") or not isinstance(value, (str, date)):
        return value
    if str(value) in _NO_TIMES:
        return "-infinity" if vendor == "postgresql" else value
    try:
        when = moment_of(_ONE_DIGIT.sub(r"-0\1", str(value)))
    except ValueError:
        raise NotOfKind(f"{value!r} is compared with a {kind}") from None
    is_day = kind == "date" and when.time() == time()
    if vendor == "sqlite":
        return str(when.date() if is_day else when)
    return value if is_day or kind == "datetime" else when
