"""Names of new documents: `autoname` of the controller or the doctype, a series, else random."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

from frappe_celery.hosts.standalone.database import store
from frappe_celery.hosts.standalone.exceptions import DuplicateEntryError, ValidationError
from frappe_celery.hosts.standalone.utils.dates import now_datetime
from frappe_celery.hosts.standalone.utils.text import cstr, generate_hash

SERIES = "Series"
RANDOM_LENGTH = 10
DEFAULT_DIGITS = 5


def set_new_name(doc: Any) -> None:
    """Give a new document its name, where it has none.

    Raises:
        ValidationError: the field that names it is empty.
    """
    autoname = doc.meta.autoname
    if doc.meta.issingle:
        doc.name = doc.doctype
    if not doc.name:
        doc.run_method("before_naming")
        if callable(getattr(doc, "autoname", None)):
            doc.autoname()
    if not doc.name and autoname.startswith("field:"):
        doc.name = cstr(doc.get(autoname[6:])).strip()
        if not doc.name:
            raise ValidationError(f"{doc.doctype}: {autoname[6:]} is required, it is the name")
    if not doc.name and (series := _series(doc, autoname)):
        doc.name = make_autoname(series, doc=doc)
    doc.name = doc.name or generate_hash(length=RANDOM_LENGTH)


def _series(doc: Any, autoname: str) -> str:
    if autoname.startswith("format:"):
        return re.sub(r"\{(#+)\}", r".\1.", autoname[7:])
    if autoname.lower() not in ("", "hash", "prompt", "autoincrement", "naming_series:"):
        return autoname
    return cstr(doc.get("naming_series")) if autoname.lower() not in ("hash", "prompt") else ""


def make_autoname(key: str = "", doctype: str = "", doc: Any = None) -> str:
    """`INV-.YYYY.-.#####` as INV-2026-00001; 'hash' as random digits."""
    if key in ("", "hash"):
        return generate_hash(length=RANDOM_LENGTH)
    if "#" not in key and "{" not in key:
        key += f".{'#' * DEFAULT_DIGITS}"
    name = ""
    for part in re.split(r"\.|(\{\w+\})", key):
        if not part:
            continue
        if set(part) == {"#"}:
            name += str(next_number(name)).zfill(len(part))
        else:
            name += field_part(part, doc)
    return name


def field_part(part: str, doc: Any) -> str:
    """A part of a series: of today's date, a field's value, else itself."""
    today = now_datetime()
    known = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
    if part in known:
        return today.strftime(known[part])
    field = part.strip("{}")
    if doc is not None and (part != field or doc.get(field)):
        return cstr(doc.get(field))
    return part


def next_number(prefix: str) -> int:
    """Counts up in a row of its own, which stays locked until the commit."""
    name = prefix or "-"
    if store.get(SERIES, name) is None:
        with suppress(DuplicateEntryError):  # another process was faster
            store.insert(SERIES, {"name": name, "current": 0})
    row = store.get(SERIES, name, for_update=True)
    number = int(row["current"]) + 1 if row else 1
    store.update(SERIES, name, {"current": number})
    return number


def revert_series_if_last(key: str, name: str, doc: Any = None) -> None:
    """Give the number of a deleted document back when it was the newest."""
    prefix = name.rstrip("0123456789")
    row = store.get(SERIES, prefix or "-")
    if row and name[len(prefix) :] and int(name[len(prefix) :]) == row["current"]:
        store.update(SERIES, prefix or "-", {"current": row["current"] - 1})
