"""Names of new documents: `autoname` of the controller or the doctype, else random."""

from __future__ import annotations

import re
import uuid
from typing import Any

from frappe_standalone.documents import series
from frappe_standalone.documents.meta import get_meta
from frappe_standalone.exceptions import NameError as InvalidName
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.utils.numbers import cint
from frappe_standalone.utils.text import cstr, scrub


def set_new_name(doc: Any) -> None:
    """Give a new document its name.

    One that it has already counts where its doctype does not say how it is made.

    Raises:
        ValidationError: what the name is to be made of is empty.
    """
    doc.run_method("before_naming")
    meta, autoname = doc.meta, doc.meta.autoname.lower()
    is_made = autoname or hasattr(type(doc), "autoname") or doc._handlers("autoname")
    if is_made and autoname not in ("prompt", "uuid") and not local.flags.in_import:
        doc.name = None
    if meta.issingle:
        doc.name = doc.doctype
    elif is_autoincremented(doc.doctype, meta):
        doc.name = int(series.getseries(f"{scrub(doc.doctype)}_id_seq", 1))
    elif autoname == "uuid":
        doc.name = str(doc.name or uuid.uuid4())
    elif doc.get("amended_from"):
        doc.name = _amended_name(doc)
    doc.name = validate_name(doc.doctype, doc.name or _own_name(doc) or series.make_autoname())


def validate_name(doctype: str, name: Any) -> Any:
    """The name without spaces around it.

    Raises:
        NameError: no document of that doctype may have it.
    """
    if not isinstance(name, str):
        return name
    name = name.strip()
    is_doctype = name == doctype != "DocType" and not get_meta(doctype).issingle
    if is_doctype or name.startswith(f"New {doctype}") or {"<", ">"} & set(name):
        raise InvalidName(f"{name!r} cannot be the name of a {doctype}")
    return name


def _own_name(doc: Any) -> Any:
    """As its controller or a hook says, else its doctype; None where none does."""
    if not doc.name:
        doc.run_method("autoname")
    if not doc.name and doc.meta.autoname:
        set_name_from_naming_options(doc.meta.autoname, doc)
    elif not doc.name and doc.get("naming_series"):
        set_name_by_naming_series(doc)
    return doc.name


def _amended_name(doc: Any) -> str:
    """`INV-00001-1` for what takes the place of INV-00001, and then `INV-00001-2`."""
    first, _, number = str(doc.amended_from).rpartition("-")
    if local.db.get_value(doc.doctype, doc.amended_from, "amended_from"):
        return f"{first}-{cint(number) + 1}"
    return f"{doc.amended_from}-1"


def give_name_back(doc: Any) -> None:
    """Have the next document get the number of a deleted one, where it was the newest."""
    autoname = doc.meta.autoname
    is_own = autoname.startswith("naming_series:")
    key = doc.get("naming_series") if is_own else "#" in autoname and autoname
    if key and not (autoname.startswith("format:") or doc.get("amended_from")):
        series.revert_series_if_last(key, str(doc.name), doc)


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
            lambda found: series.parse_naming_series([found[0][1:-1]], doc=doc),
            autoname[7:],
        )
    elif "#" in autoname:
        doc.name = series.make_autoname(autoname, doc=doc)


def set_name_by_naming_series(doc: Any) -> None:
    """By its `naming_series`, or the first that its doctype offers.

    Raises:
        ValidationError: there is none.
    """
    doc.naming_series = doc.get("naming_series") or get_default_naming_series(doc.doctype)
    if not doc.naming_series:
        raise ValidationError("Naming Series mandatory")
    doc.name = series.make_autoname(f"{doc.naming_series}.#####", doc=doc)


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


def cleanup_page_name(title: str) -> str:
    """A title as part of an address: `First Steps, at sea` as first-steps-at-sea."""
    name = re.sub(r"[~!@#$%^&*+()<>,.\"'?]", "", title.lower()) if title else ""
    return re.sub("-+", "-", "-".join(re.sub("[:/]", "-", name).split()))[:140]


def is_autoincremented(doctype: str, meta: Any = None) -> bool:
    """Whether its documents are numbered by the database."""
    meta = meta or get_meta(doctype)
    return not meta.issingle and meta.autoname == "autoincrement"
