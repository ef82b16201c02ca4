"""Values as people read them: `frappe.format_value`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from frappe_standalone.documents.money import fmt_money
from frappe_standalone.documents.precision import get_field_currency, get_field_precision
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks, unsupported
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.numbers import cint, flt
from frappe_standalone.utils.text import cstr, markdown
from frappe_standalone.utils.written_dates import (
    format_datetime,
    format_duration,
    format_time,
    formatdate,
)

_FORMATS: dict[str, Callable[[Any], str]] = {
    "Date": formatdate,
    "Datetime": format_datetime,
    "Time": format_time,
    "Percent": lambda value: f"{flt(value, 2)}%",
    "Markdown Editor": markdown,
    "Text Editor": "<div class='ql-snow'>{}</div>".format,
}
_OF_TYPES = {datetime: "Datetime", date: "Date", timedelta: "Time", int: "Int", float: "Float"}
_BLOCK = re.compile(r"(<br|<div|<p)")


@lacks(translated=ANY)
def format_value(
    value: Any,
    df: Mapping[str, Any] | str | None = None,
    doc: Any = None,
    currency: str | None = None,
    *,
    format: str | None = None,
) -> Any:
    """As its field shows it; `df` is the field's description, or its type, else the value's counts.

    Raises:
        NeedsFrappeSite: of a Table MultiSelect.
    """
    df = _dict(fieldtype=df) if isinstance(df, str) else _dict(df or {})
    if not df:
        df.fieldtype = next((n for t, n in _OF_TYPES.items() if isinstance(value, t)), "Data")
    kind, value = df.fieldtype, "" if value is None else value
    if kind == "Table MultiSelect":
        raise unsupported(f"frappe.format_value of {kind}")
    if kind in _FORMATS:
        return _FORMATS[kind](value)
    if kind in ("Int", "Float", "Currency") and value == 0 and df.print_hide_if_no_value:
        return ""
    if kind in ("Float", "Currency"):
        currency = currency or get_field_currency(df, doc)
        precision = get_field_precision(df, doc)
        if kind == "Currency":
            currency = currency or local.db.get_default("currency")
            return fmt_money(value, precision, currency, format)
        is_whole = not df.options and cint(cstr(value).partition(".")[2]) == 0
        return fmt_money(value, 0 if is_whole else precision, currency)
    if kind == "Duration":
        return format_duration(value, df.hide_days)
    if kind in ("Text", "Small Text") and not _BLOCK.search(value):
        return value.replace("\n", "<br>")
    return value
