"""What else `frappe.model.naming` has: names by option, by series, and with a number behind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from frappe_celery.hosts.standalone.documents.meta import get_meta
from frappe_celery.hosts.standalone.documents.naming import (
    field_part,
    make_autoname,
    next_number,
)
from frappe_celery.hosts.standalone.exceptions import ValidationError
from frappe_celery.hosts.standalone.local import local
from frappe_celery.hosts.standalone.utils.text import cstr


def append_number_if_name_exists(
    doctype: str,
    value: str,
    fieldname: str = "name",
    separator: str = "-",
    filters: dict[str, Any] | None = None,
) -> str:
    """The value, with the next number behind where a document has it: `Report-2`."""
    if not local.db.exists(doctype, {**(filters or {}), fieldname: value}):
        return value
    numbered = local.db.get_all(
        doctype, {fieldname: ["like", f"{value}{separator}%"]}, pluck=fieldname
    )
    pattern = re.compile(re.escape(value + separator) + r"(\d+)$")
    numbers = [int(match[1]) for match in map(pattern.match, numbered) if match]
    return f"{value}{separator}{max(numbers, default=0) + 1}"


def set_name_by_naming_series(doc: Any) -> None:
    """By its `naming_series`, or the first that its doctype offers.

    Raises:
        ValidationError: there is none.
    """
    doc.naming_series = doc.get("naming_series") or get_default_naming_series(doc.doctype)
    if not doc.naming_series:
        raise ValidationError("Naming Series mandatory")
    doc.name = make_autoname(doc.naming_series, doc=doc)


def get_default_naming_series(doctype: str) -> str | None:
    """The first series that a doctype offers."""
    options = cstr(get_meta(doctype).get_options("naming_series"))
    return next(filter(None, options.split("\n")), None)


def set_name_from_naming_options(autoname: str, doc: Any) -> None:
    """By an `autoname` option: `field:`, `naming_series:`, `format:`, `prompt`, or a series.

    Raises:
        ValidationError: what the name is to be made of is empty.
    """
    option = autoname.lower()
    if option.startswith("field:"):
        doc.name = cstr(doc.get(autoname[6:])).strip()
        if not doc.name:
            raise ValidationError(f"{doc.meta.get_label(autoname[6:])} is required")
    elif option.startswith("naming_series:"):
        set_name_by_naming_series(doc)
    elif option.startswith("prompt"):
        if not doc.name:
            raise ValidationError("Please set the document name")
    elif option.startswith("format:"):
        doc.name = re.sub(
            r"\{[^}]*\}",
            lambda found: parse_naming_series([found[0][1:-1]], doc=doc),
            autoname[7:],
        )
    elif "#" in autoname:
        doc.name = make_autoname(autoname, doc=doc)


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
            name += field_part(part, doc)
        elif not numbered:
            name += (number_generator or getseries)(name, len(part))
            numbered = True
    return name


def getseries(key: str, digits: int) -> str:
    """The next number of a series, of at least that many digits."""
    return str(next_number(key)).zfill(digits)


def is_autoincremented(doctype: str, meta: Any = None) -> bool:
    """Whether its documents are numbered by the database."""
    meta = meta or get_meta(doctype)
    return not meta.issingle and meta.autoname == "autoincrement"
