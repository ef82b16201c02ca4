"""Which of a list's rows or fields match filters, in memory: `doc.get("items", {"qty": 1})`."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from frappe_standalone.missing import unsupported

_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "^": lambda value, start: str(value or "").startswith(start),
    "in": lambda value, values: value in values,
    "not in": lambda value, values: value not in values,
    "not None": lambda value, _: value is not None,
    "None": lambda value, _: value is None,
    "like": lambda value, form: _like(value, form),
    "not like": lambda value, form: not _like(value, form),
    "is": lambda value, word: (value in (None, "")) == (word.lower() == "not set"),
    **{"=": operator.eq, "!=": operator.ne, ">": operator.gt, "<": operator.lt},
    **{">=": operator.ge, "<=": operator.le},
}


def _like(value: Any, form: Any) -> bool:
    """Within a text; at its start or end where the form has `%` on the other side alone."""
    if not (isinstance(value, str) and isinstance(form, str)):
        return False
    if form.startswith("%") == form.endswith("%"):
        return form.strip("%") in value
    return value.endswith(form.lstrip("%")) if form[0] == "%" else value.startswith(form[:-1])


def fits(row: Any, filters: Mapping[str, Any]) -> bool:
    """`{"kind": "A", "size": [">", 3], "name": "^INV-", "item": True}`: True is 'not None'.

    What no sign compares matches nothing, as in Frappe.
    """
    return all(_holds(row.get(field), wanted) for field, wanted in filters.items())


def _holds(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, (list, tuple)):
        sign, wanted = wanted
    elif isinstance(wanted, bool):
        sign = "not None" if wanted else "None"
    elif isinstance(wanted, str) and wanted.startswith("^"):
        sign, wanted = "^", wanted[1:]
    else:
        sign = "="
    if sign == "Timespan":
        raise unsupported("the filter 'Timespan' on rows that are read")
    return sign in _SIGNS and bool(_SIGNS[sign](value, wanted))
