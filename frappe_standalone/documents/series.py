"""Names by a series, `INV-.YYYY.-.#####`, and the counters in `tabSeries`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.database import store
from frappe_standalone.exceptions import DuplicateEntryError, ValidationError
from frappe_standalone.site.app_hooks import doctype_hooks
from frappe_standalone.site.calling import get_attr
from frappe_standalone.utils.dates import now_datetime
from frappe_standalone.utils.text import cstr, generate_hash

SERIES = "Series"
RANDOM_LENGTH = 10
_SERIES = re.compile(r"[\w\- /.#{}]+")
DATES = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d", "JJJ": "%j"}


def make_autoname(
    key: str = "", doctype: str = "", doc: Any = None, *, ignore_validate: bool = False
) -> str:
    """`INV-.YYYY.-.#####` as INV-2026-00001; 'hash' as random digits.

    Raises:
        ValidationError: it is no series (not with `ignore_validate`).
    """
    if key in ("", "hash"):
        return generate_hash(length=RANDOM_LENGTH)
    key = _numbered(key)
    if not (ignore_validate or (_SERIES.fullmatch(key) and ".#" in key)):
        raise ValidationError(
            f"Invalid naming series {key!r}: letters, digits and -#./{{}}, a dot before the #"
        )
    return parse_naming_series(key, doc=doc)


def parse_naming_series(
    parts: str | Iterable[str],
    doctype: str | None = None,
    doc: Any = None,
    number_generator: Callable[[str, int], str] | None = None,
) -> str:
    """A series' parts put together; the first `###` is the next number of what stands before."""
    name, numbered = "", False
    for part in parts.split(".") if isinstance(parts, str) else parts:
        if not part.startswith("#"):
            name += _field_part(part, doc)
        elif not numbered:
            name += (number_generator or getseries)(name, len(part))
            numbered = True
    return name


def _numbered(key: str) -> str:
    return key if "#" in key else f"{key}.#####"


def _field_part(part: str, doc: Any) -> str:
    """A part of a series: of a hook, today's date, a field's value, else itself.

    Frappe 15 asks the hooks `naming_series_variables` last, newer ones first.
    """
    today = now_datetime()
    parsers = doctype_hooks("naming_series_variables").get(part)
    if parsers and settings.current().frappe_version >= 16:
        return cstr(get_attr(parsers[0])(doc, part))
    if part in DATES:
        return today.strftime(DATES[part])
    if part == "WW":
        return _week(today)
    if part == "timestamp":
        return str(today)
    field = part.strip("{}")
    if doc is not None and (part != field or doc.meta.has_field(field) or doc.get(field)):
        return cstr(doc.get(field)).strip()
    return cstr(get_attr(parsers[0])(doc, part)) if parsers else part


def _week(day: datetime) -> str:
    """Of the ISO calendar, but ascending within each year."""
    week = day.strftime("%V")
    if day.month == 1 and week >= "52":
        return "00"
    return "53" if day.month == 12 and week == "01" else week


def getseries(key: str, digits: int) -> str:
    """The next number of a series, of at least that many digits.

    It counts up in a row of its own, which stays locked until the commit.
    """
    name = key or "-"
    if store.get(SERIES, name) is None:
        with suppress(DuplicateEntryError):  # another process was faster
            store.insert(SERIES, {"name": name, "current": 0})
    row = store.get(SERIES, name, for_update=True)
    number = int(row["current"]) + 1 if row else 1
    store.update(SERIES, name, {"current": number})
    return str(number).zfill(digits)


def revert_series_if_last(key: str, name: str, doc: Any = None) -> None:
    """Give the number of a deleted document back when it was the newest."""
    before: list[str] = []

    def note(prefix: str, digits: int) -> str:
        before.append(prefix)
        return ""

    whole = parse_naming_series(_numbered(key), doc=doc, number_generator=note)
    for prefix in before:
        number = re.fullmatch(f"{re.escape(prefix)}(\\d+){re.escape(whole[len(prefix) :])}", name)
        row = number and store.get(SERIES, prefix or "-", for_update=True)
        if number and row and int(number[1]) == row["current"]:
            store.update(SERIES, prefix or "-", {"current": row["current"] - 1})
