"""What a document may hold: what its doctype's description says of each field, at every save."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from typing import Any

from frappe_standalone import exceptions
from frappe_standalone.documents.meta import TABLES
from frappe_standalone.local import local
from frappe_standalone.utils.checks import (
    validate_name,
    validate_phone_number,
    validate_phone_number_with_country_code,
    validate_url,
)
from frappe_standalone.utils.dates import get_datetime, get_timedelta, getdate
from frappe_standalone.utils.numbers import flt
from frappe_standalone.utils.safe_html import sanitize_html
from frappe_standalone.utils.text import cstr, split_emails, strip_html, validate_email_address

_TIMES: dict[type, Callable[[Any], Any]] = {
    datetime: get_datetime,
    date: getdate,
    timedelta: get_timedelta,
}
_SHAPES = {"Name": validate_name, "Phone": validate_phone_number, "URL": validate_url}


def check(doc: Any) -> None:
    """Look at a document and its rows, and make fit what can be.

    Raises:
        MandatoryError: a required field is empty.
        ValidationError: another field holds what it may not.
    """
    if not doc.meta.is_known:
        return
    each = (doc, *doc._rows())
    missing = [field for one in each for field in _empty(one)]
    if missing and not doc.flags.ignore_mandatory:
        raise exceptions.MandatoryError(f"[{doc.doctype}, {doc.name}]: {', '.join(missing)}")
    for one in each:
        _check_values(one)
        _check_fields(one)
        if one.name and one.meta.autoname.startswith("field:"):
            one.set(one.meta.autoname[6:], one.name)
    if not doc.is_new():
        _check_constants(doc)
    if doc._action == "update_after_submit" and not doc.flags.ignore_validate_update_after_submit:
        _check_submitted(doc)


def _empty(doc: Any) -> Iterator[str]:
    for df in doc.meta.required:
        value = doc.get(df.fieldname)
        if value in (None, "", []) or not _has_content(df, cstr(value)):
            yield df.fieldname
    if doc.meta.istable:
        yield from (field for field in ("parent", "parenttype") if not doc.get(field))


def _has_content(df: Any, text: str) -> bool:
    is_html = df.fieldtype == "Text Editor" or (df.fieldtype == "Code" and df.options == "HTML")
    return bool(strip_html(text).strip()) or (is_html and "<img" in text)


def _check_fields(doc: Any) -> None:
    for df in doc.meta.limited:
        value, kind = doc.get(df.fieldname), df.fieldtype
        if kind == "Rating":
            doc.set(df.fieldname, max(0, min(flt(value), 1)))
        elif value and kind == "Select":
            _check_choice(doc, df, cstr(value).strip())
        elif value and kind == "Phone":
            validate_phone_number_with_country_code(value, df.fieldname)
        elif value and kind == "Data":
            _check_shape(doc, df.options, value)
        elif df.non_negative and flt(value) < 0:
            raise exceptions.NonNegativeError(f"{_label(doc, df)} cannot be negative")


def _check_values(doc: Any) -> None:
    for key, value in doc.__dict__.items():
        is_list = isinstance(value, list)
        df = doc.meta.get_field(key) if is_list or (type(value) is str and "<" in value) else None
        if df and is_list and df.fieldtype not in (*TABLES, "JSON"):
            raise exceptions.ValidationError(f"Value for {_label(doc, df)} cannot be a list")
        if df and not is_list and _may_run(doc, df):
            doc.set(key, sanitize_html(value))


def _may_run(doc: Any, df: Any) -> bool:
    """Whether a browser may be shown a field's HTML that was not looked at before."""
    is_asked = doc.docstatus.is_draft() or (doc.docstatus.is_submitted() and df.allow_on_submit)
    return is_asked and not (
        df.ignore_xss_filter
        or df.fieldtype in ("Attach", "Attach Image", "Barcode", "Code")
        or (df.options == "Email" and df.fieldtype in ("Data", "Small Text", "Text"))
    )


def _check_choice(doc: Any, df: Any, value: str) -> None:
    doc.set(df.fieldname, value)
    choices = df.options.split("\n")
    if value not in choices and not local.flags.in_import:
        listed = '", "'.join(choices)
        label = _label(doc, df) if doc.get("parentfield") else f" {_label(doc, df)}"
        raise exceptions.ValidationError(
            f'{label} cannot be "{value}". It should be one of "{listed}"'
        )


def _check_shape(doc: Any, shape: str, value: Any) -> None:
    if shape in _SHAPES:
        _SHAPES[shape](value, throw=True)
    elif shape == "Email" and value not in ("Administrator", "Guest"):
        for address in split_emails(value):
            validate_email_address(address, throw=True)


def _check_constants(doc: Any) -> None:
    for df in doc.meta.constant:
        if doc.get_doc_before_save() and doc.has_value_changed(df.fieldname):
            raise exceptions.CannotChangeConstantError(
                f"Value cannot be changed for {_label(doc, df)}"
            )


def in_kind_of(example: Any, value: Any) -> Any:
    """A day or time as an example is one; of any other example the value as it is."""
    reads = _TIMES.get(type(example))
    return reads(value) if reads and value else value


def check_amended(doc: Any) -> None:
    """Raises ValidationError where it takes the place of a document that is not cancelled."""
    former = doc.get("amended_from") if doc.meta.is_known else None
    if former and local.db.get_value(doc.doctype, former, "docstatus") != 2:
        raise exceptions.ValidationError(
            f"{doc.doctype} {former} cannot be amended because it is not cancelled"
        )


def _check_submitted(doc: Any) -> None:
    """What was submitted changes in those fields alone that are for that."""
    before = doc.get_doc_before_save()
    _compare(doc, before)
    rows = {row.name: row for row in before._rows()}
    for row in doc._rows():
        if not row.is_new():
            _compare(row, rows.get(row.name))


def _compare(doc: Any, before: Any) -> None:
    for df in doc.meta.fields:
        old, new = before and before.get(df.fieldname), doc.get(df.fieldname)
        if df.allow_on_submit or not (old or new):
            continue
        if df.fieldtype in TABLES:
            old, new = len(old or ()), len(new or ())
        if old != in_kind_of(old, doc.meta.cast_field(df.fieldname, new)):
            raise exceptions.UpdateAfterSubmitError(
                f"{_label(doc, df)} cannot be changed after submission, from {old} to {new}"
            )


def _label(doc: Any, df: Any) -> str:
    row = f"Row #{doc.idx}: " if doc.get("parentfield") else ""
    return f"{row}{doc.meta.get_label(df.fieldname)}"
