"""Values as people read them: `frappe.format_value`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frappe_standalone.missing import unsupported
from frappe_standalone.utils.text import cstr
from frappe_standalone.utils.written_dates import format_datetime, format_time, formatdate

_FORMATS: dict[str, Callable[[Any], str]] = {
    "Date": formatdate,
    "Datetime": format_datetime,
    "Time": format_time,
}
_AS_IT_IS = ("", "Data", "Link", "Dynamic Link", "Select", "Read Only", "Check", "Int")


def format_value(value: Any, df: Mapping[str, Any] | str | None = None, *_: Any, **__: Any) -> str:
    """A date, a time or a text; `df` is a field's description, or its type.

    Raises:
        NeedsFrappeSite: of a type whose look a site says, as Currency.
    """
    kind = df if isinstance(df, str) else (df or {}).get("fieldtype") or ""
    if value in (None, ""):
        return ""
    if kind in _FORMATS:
        return _FORMATS[kind](value)
    if kind not in _AS_IT_IS:
        raise unsupported(f"frappe.format_value of {kind}")
    return cstr(value)
