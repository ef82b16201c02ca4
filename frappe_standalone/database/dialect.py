"""A statement as one database takes it: its placeholders, its literals, carried by `translating`.

A statement is taken apart at its placeholders (`%s`, `%(name)s`) once and kept so; `filled` puts
the values of one call in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from frappe_standalone.database.values import READERS, of_kind, span_of, text_of, time_of
from frappe_standalone.utils.dates import now_datetime
from frappe_standalone.utils.values import from_column

if TYPE_CHECKING:
    from frappe_standalone.database import schema

Columns = Callable[[str], "schema.Columns"]
Key = int | str


class OfKind(NamedTuple):
    """A value that meets a number or a time, and is made one as MariaDB does."""

    key: Key
    kind: str


Times = tuple[tuple[int, str], ...]
"""Columns of an answer that are times which come as text, with their kinds."""
Parts = tuple[tuple[str, ...], tuple[Key | OfKind, ...], Times]
"""A statement's text between its placeholders, and what each of them is filled with."""
_PLACEHOLDER = re.compile(r"%%|%s|%\((\w+)\)s")
_NAME = re.compile("`((?:[^`]|``)*)`")
_LISTS = (list, tuple, set, frozenset)
KEPT = 4096
"""So many texts are kept taken apart, translated where they were."""


@lru_cache(maxsize=KEPT)
def quoted(name: str) -> str:
    """A name in MariaDB's SQL, where placeholders stand beside it."""
    return f"`{name.replace('`', '``').replace('%', '%%')}`"


@lru_cache(maxsize=KEPT)
def double_quoted(text: str) -> str:
    """A statement of MariaDB's with its names as PostgreSQL quotes them."""
    return _NAME.sub(lambda name: '"' + name[1].replace("``", "`").replace('"', '""') + '"', text)


def literal(text: str, percent: bool = True) -> str:
    """A text in MariaDB's SQL, whatever it holds, which `translating` reads as MariaDB does.

    Args:
        percent: placeholders stand beside it.
    """
    made = f"'{text.translate(_ESCAPES)}'"
    return made.replace("%", "%%") if percent else made


_ESCAPES = str.maketrans({"\\": r"\\", "'": "''", '"': r"\"", "\0": r"\0"})
"""A quote is doubled: with a backslash it would end the text where `NO_BACKSLASH_ESCAPES` is on."""


@lru_cache(maxsize=KEPT)
def apart(text: str, has_values: bool) -> tuple[tuple[str, ...], tuple[Key, ...], Times]:
    """A text between its placeholders, without any change of dialect."""
    if not has_values:
        return (text,), (), ()
    texts: list[str] = [""]
    keys: list[Key] = []
    start = 0
    for found in _PLACEHOLDER.finditer(text):
        texts[-1] += text[start : found.start()]
        start = found.end()
        if found[0] == "%%":
            texts[-1] += "%"
        else:
            keys.append(found[1] or len(keys))
            texts.append("")
    texts[-1] += text[start:]
    return tuple(texts), tuple(keys), ()


def numbers(text: str, values: Any) -> tuple[int, ...]:
    """Which of a statement's placeholders are given numbers."""
    _, keys, _ = apart(text, values is not None)
    return tuple(n for n, key in enumerate(keys) if _is_number(_value(key, values)))


def filled(found: Parts, values: Any, vendor: str) -> tuple[str, list[Any] | None]:
    """The statement as the driver takes it, and its arguments.

    Raises:
        ValueError: there are not as many values as placeholders, or none of a name.
        NotOfKind: one is no time, and is compared with one.
    """
    texts, keys, _ = found
    if not keys:
        return texts[0], None
    in_order = isinstance(values, (list, tuple)) and keys == tuple(range(len(values)))
    if in_order and not any(issubclass(kind, _LISTS) for kind in {*map(type, values)}):
        return _marked(texts), [adapted(value, vendor) for value in values]
    if any(isinstance(key, int) for key in keys) and isinstance(values, Mapping):
        raise ValueError(f"%s in a statement whose values are named {list(values)}")
    text, arguments = texts[0].replace("%", "%%"), []
    for key, following in zip(keys, texts[1:], strict=True):
        key, kind = key if isinstance(key, OfKind) else (key, "")
        value = _value(key, values)
        is_listed = isinstance(value, _LISTS)
        text += _listed(value, text, following, vendor) if is_listed else "%s"
        each_one = _flat(value) if is_listed else [value]
        arguments += [adapted(of_kind(each, kind, vendor), vendor) for each in each_one]
        text += following.replace("%", "%%")
    return text, arguments


@lru_cache(maxsize=KEPT)
def _marked(texts: tuple[str, ...]) -> str:
    return "%s".join(text.replace("%", "%%") for text in texts)


def _is_number(value: Any) -> bool:
    if isinstance(value, _LISTS):
        return bool(value) and all(map(_is_number, value))
    return isinstance(value, (int, float, Decimal))


def _listed(values: Any, before: str, after: str, vendor: str) -> str:
    marks = ", ".join(map(_marks, values)) or "NULL"
    if before.rstrip().endswith(("(", ",")) and after.lstrip().startswith(")"):
        return marks
    return f"(values {marks})" if vendor == "sqlite" and "(" in marks else f"({marks})"


def _marks(value: Any) -> str:
    if not isinstance(value, _LISTS):
        return "%s"
    return f"({', '.join(map(_marks, value))})"


def _flat(values: Iterable[Any]) -> list[Any]:
    found = []
    for each in values:
        found += _flat(each) if isinstance(each, _LISTS) else [each]
    return found


def _value(key: Key, values: Any) -> Any:
    if key in _TIMES:
        return _TIMES[key]()
    try:
        return values[key]
    except (KeyError, IndexError, TypeError):
        what = f"{key + 1} values" if isinstance(key, int) else f"a value {key!r}"
        raise ValueError(f"the statement needs {what}, given was {values!r}") from None


_TIMES: dict[Any, Callable[[], Any]] = {
    ":now": now_datetime,
    ":utc": lambda: datetime.now(timezone.utc).replace(tzinfo=None),
    ":today": lambda: now_datetime().date(),
    ":time": lambda: str(now_datetime().time()),
}
"""What MariaDB's NOW() and CURDATE() are elsewhere: the site's time."""


_AS_THEY_ARE = frozenset({str, int, float, type(None)})


def adapted(value: Any, vendor: str) -> Any:
    """A value as the driver takes it."""
    if value.__class__ in _AS_THEY_ARE:
        return value
    if isinstance(value, (str, int, float)):
        return int(value) if isinstance(value, bool) else value
    if isinstance(value, datetime):
        value = from_column(value)
    if isinstance(value, timedelta):
        return text_of(value)
    if isinstance(value, (datetime, date)):
        return str(value) if vendor == "sqlite" else value
    if isinstance(value, Decimal):
        return float(value)
    return value


# -- rows


def rows_of(
    rows: Sequence[Any], description: Sequence[Any], vendor: str, times: Times = ()
) -> Sequence[Any]:
    """Rows of an answer as task code knows them: decimals as floats, times of day as timedeltas."""
    kinds = _DRIVER_TYPES.get(vendor, {})
    columns = enumerate(description if kinds else ())
    found = {number: kinds[column[1]] for number, column in columns if column[1] in kinds}
    return read(rows, found | {number: READERS[kind] for number, kind in times})


def read(rows: Sequence[Any], readers: Mapping[int, Callable[[Any], Any]]) -> Sequence[Any]:
    """The rows, with what stands at these places read; NULL stays that."""
    if not readers:
        return rows
    changed = [list(row) for row in rows]
    for number, reader in readers.items():
        for row in changed:
            if row[number] is not None:
                row[number] = reader(row[number])
    return [tuple(row) for row in changed]


def prepare(connection: Any, **_: Any) -> None:
    """Have a new connection of Django's to MariaDB read a TIME that is no time of day, too."""
    if connection.vendor == "mysql":
        made = connection.connection
        by_type = made.decoders if hasattr(made, "decoders") else made.converter
        by_type[_MYSQL_TIME] = _time_or_span


def _time_or_span(text: str) -> time | timedelta:
    span = time_of(text)
    return (datetime.min + span).time() if 0 <= span.days < 1 else span


_MYSQL_TIME = 11
_DRIVER_TYPES: dict[str, dict[int, Callable[[Any], Any]]] = {
    "mysql": {0: float, 246: float, _MYSQL_TIME: span_of},
    "postgresql": {1700: float, 1083: span_of, 1184: from_column},
}
