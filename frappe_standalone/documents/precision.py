"""How many decimals a field has, by itself, its currency or defaults; and amounts in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frappe_standalone.database import singles
from frappe_standalone.documents.meta import DECIMAL, get_meta
from frappe_standalone.documents.money import FORMATS, of_currency
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.utils.numbers import cint, flt
from frappe_standalone.utils.text import cstr

FLOAT_PRECISION, CURRENCY_PRECISION = 3, 2


def get_precision(
    doctype: str, fieldname: str, currency: str | None = None, doc: Any = None
) -> int:
    """The decimals of a doctype's field.

    Raises:
        ValidationError: no app describes that field.
    """
    df = get_meta(doctype).get_field(fieldname)
    if df is None:
        raise ValidationError(f"no app describes the field {fieldname!r} of {doctype}")
    return get_field_precision(df, doc, currency)


def get_field_precision(df: Any, doc: Any = None, currency: str | None = None) -> int:
    """The decimals of a field, of a document where its currency is that document's."""
    if df.precision:
        return cint(df.precision)
    if df.fieldtype != "Currency":
        return cint(local.db.get_default("float_precision")) or FLOAT_PRECISION
    said = cint(local.db.get_default("currency_precision"))
    currency = currency or get_field_currency(df, doc)
    its_own = None
    if singles.single("System Settings").get("use_number_format_from_currency") and currency:
        its_own = of_currency(currency, "number_format")
    return said or decimals(its_own or local.db.get_default("number_format"))


def get_field_currency(df: Any, doc: Any = None) -> Any:
    """The currency of a field: of the field, or the other document, that its `options` name."""
    options = cstr(df.options)
    if doc is None or not options:
        return None
    if ":" not in options:
        return doc.get(options) or _of_parent(doc, options)
    doctype, link, field = (*options.split(":"), "", "")[:3]
    return local.db.get_value(doctype, doc.get(link), field) if doc.get(link) else None


def _of_parent(doc: Any, field: str) -> Any:
    parenttype, parent = doc.get("parenttype"), doc.get("parent")
    if not parent or not get_meta(parenttype).has_field(field):
        return None
    return local.db.get_value(parenttype, parent, field)


def decimals(number_format: Any) -> int:
    """How many decimals a number format has: of `#,###.##` two."""
    return FORMATS[number_format][2] if number_format in FORMATS else CURRENCY_PRECISION


def precision(doc: Any, fieldname: str, parentfield: Any = None) -> int | None:
    """The decimals of a document's field, or of one in its child table; None: it is no number.

    Looked up once a document, as in Frappe.
    """
    table = cstr(getattr(parentfield, "parentfield", parentfield)) if parentfield else ""
    known: dict[Any, int | None] = doc.__dict__.setdefault("_precision", {})
    if (table, fieldname) not in known:
        meta = get_meta(doc.meta.get_field(table).options) if table else doc.meta
        df = meta.get_field(fieldname)
        numeric = df is not None and df.fieldtype in DECIMAL
        known[table, fieldname] = get_field_precision(df, doc) if numeric else None
    return known[table, fieldname]


def round_floats_in(
    self: Any,
    doc: Any,
    fieldnames: Iterable[str] | None = None,
    do_not_round_fields: Iterable[str] | None = None,
) -> None:
    """Round the amounts of a document or row, as the document has decimals."""
    listed = fieldnames or [df.fieldname for df in doc.meta.fields if df.fieldtype in DECIMAL]
    for field in listed:
        if field not in (do_not_round_fields or ()):
            doc.set(field, flt(doc.get(field), precision(self, field, doc.get("parentfield"))))
