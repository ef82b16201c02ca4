"""How many decimals a field has, by itself, its currency or defaults; and amounts in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frappe_standalone.database.defaults import get_defaults
from frappe_standalone.documents.meta import DECIMAL, get_meta
from frappe_standalone.exceptions import ValidationError
from frappe_standalone.local import local
from frappe_standalone.missing import required
from frappe_standalone.utils.numbers import cint, flt
from frappe_standalone.utils.text import cstr

FLOAT_PRECISION, CURRENCY_PRECISION = 3, 2
LAKHS = "#,##,###.##"
_DECIMALS = {"#,###.###": 3, "#.###": 0, "#,###": 0, "#.########": 8}
"""Of number formats; of any other two."""


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
    is_kept = currency and local.db.table_exists("Currency")
    of_currency = is_kept and local.db.get_value("Currency", currency, "number_format")
    return said or decimals(of_currency or local.db.get_default("number_format"))


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
    return _DECIMALS.get(number_format or "", CURRENCY_PRECISION)


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


def round_floats_in(doc: Any, other: Any, fieldnames: Iterable[str] | None = None) -> None:
    """Round the amounts of a document or row, as the document has decimals."""
    listed = fieldnames or [df.fieldname for df in other.meta.fields if df.fieldtype in DECIMAL]
    for field in listed:
        other.set(field, flt(other.get(field), precision(doc, field, other.get("parentfield"))))


# -- in words


def money_in_words(
    number: Any, main_currency: str | None = None, fraction_currency: str | None = None
) -> str:
    """`EUR Two Thousand and Five Cent only.`; '' for what is no amount. Needs `num2words`."""
    try:
        amount = flt(float(number))
    except ValueError:
        return ""
    if amount < 0:
        return ""
    currency = main_currency or get_defaults().get("currency") or "INR"
    small = fraction_currency or _of(currency, "fraction") or "Cent"
    number_format = _of(currency, "number_format") or local.db.get_default("number_format")
    whole, _, part = f"{amount:.{decimals(number_format)}f}".partition(".")
    in_million = number_format != LAKHS
    cents = in_words(int(part or 0), in_million).title()
    if not int(part or 0):
        text = f"{currency} {in_words(int(whole), in_million).title()}"
    elif not int(whole):
        text = f"{cents} {small}"
    else:
        text = f"{currency} {in_words(int(whole), in_million).title()} and {cents} {small}"
    return f"{text} only."


def _of(currency: str, field: str) -> Any:
    if not (local.db.table_exists("Currency") and local.db.has_column("Currency", field)):
        return None
    return local.db.get_value("Currency", currency, field)


def in_words(integer: int | str, in_million: bool = True) -> str:
    """A whole number in words. Needs `num2words`, as Frappe does."""
    num2words = required("num2words", "money_in_words").num2words
    return str(num2words(int(integer), lang="en" if in_million else "en_IN")).replace("-", " ")
