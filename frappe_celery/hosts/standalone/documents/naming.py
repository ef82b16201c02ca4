"""Names of new documents: `autoname` of the controller or the doctype, else random."""

from __future__ import annotations

import re
from typing import Any

from frappe_celery.hosts.standalone.documents.meta import get_meta
from frappe_celery.hosts.standalone.documents.series import (
    make_autoname,
    parse_naming_series,
)
from frappe_celery.hosts.standalone.exceptions import ValidationError
from frappe_celery.hosts.standalone.local import local
from frappe_celery.hosts.standalone.utils.text import cstr


def set_new_name(doc: Any) -> None:
    """Give a new document its name, where it has none.

    Raises:
        ValidationError: what the name is to be made of is empty.
    """
    if doc.meta.issingle:
        doc.name = doc.doctype
    if not doc.name:
        doc.run_method("before_naming")
        if callable(getattr(doc, "autoname", None)):
            doc.autoname()
    if not doc.name and doc.meta.autoname:
        set_name_from_naming_options(doc.meta.autoname, doc)
    elif not doc.name and doc.get("naming_series"):
        set_name_by_naming_series(doc)
    doc.name = doc.name or make_autoname()


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


def is_autoincremented(doctype: str, meta: Any = None) -> bool:
    """Whether its documents are numbered by the database."""
    meta = meta or get_meta(doctype)
    return not meta.issingle and meta.autoname == "autoincrement"
