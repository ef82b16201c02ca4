"""Singles: doctypes with one document, whose fields are rows of `tabSingles`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frappe_standalone.database import schema, values
from frappe_standalone.database.statements import locking, run
from frappe_standalone.local import local
from frappe_standalone.missing import is_frappes, not_described
from frappe_standalone.utils.dates import get_system_timezone
from frappe_standalone.utils.numbers import BANKERS, ROUNDING_METHOD

_DEFAULTS: dict[str, dict[str, Any]] = {
    "System Settings": {"enable_scheduler": 1, "dormant_days": 4, ROUNDING_METHOD: BANKERS}
}
"""What a site has after its setup."""


def single(doctype: str, for_update: bool = False) -> dict[str, Any]:
    """The fields of a Single; its defaults where nothing was saved."""
    rows = _rows(doctype, for_update)
    found = {field: _from_single(value, kind) for field, value, kind in rows}
    return {**_defaults(doctype), **found}


def _defaults(doctype: str) -> dict[str, Any]:
    zone = {"time_zone": get_system_timezone()} if doctype in _DEFAULTS else {}
    return {**zone, **_DEFAULTS.get(doctype, {})}


def texts(doctype: str, for_update: bool = False) -> dict[str, str | None]:
    """The same, as they are kept."""
    defaults = {field: str(value) for field, value in _defaults(doctype).items()}
    return {**defaults, **{field: value for field, value, _ in _rows(doctype, for_update)}}


def _rows(doctype: str, for_update: bool) -> list[Any]:
    text = "select `field`, `value`, `kind` from `tabSingles` where `doctype` = %s"
    text += locking("Series") if for_update else ""
    rows: list[Any] = run(text, (doctype,), for_update)[1]
    return rows


def _from_single(value: str | None, kind: str | None) -> Any:
    reads = _FROM_SINGLE.get(kind)
    return reads(value) if reads and value is not None else value


_FROM_SINGLE: dict[Any, Callable[[str], Any]] = {**values.READERS, "int": int, "float": float}


def set_single(doctype: str, fields: Mapping[str, Any]) -> None:
    """Set fields of a Single; the others stay.

    Raises:
        NeedsFrappeSite: it is one of Frappe's own that is not here.
    """
    if doctype not in _DEFAULTS and is_frappes(doctype) and not schema.described(doctype).is_known:
        raise not_described(doctype)
    text = schema.Column("value", "text")
    rows = [
        (doctype, field, values.to_column(value, text, field, True), values.kind_of(value))
        for field, value in fields.items()
    ]
    former = "delete from `tabSingles` where `doctype` = %s and `field` in %s"
    run(former, (doctype, list(fields)), True)
    listed = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
    anew = f"insert into `tabSingles` (`doctype`, `field`, `value`, `kind`) values {listed}"
    run(anew, [value for row in rows for value in row], True)
    local.cache.pop(ROUNDING_METHOD, None)


def delete_single(doctype: str) -> None:
    """Forget what was saved of a Single."""
    run("delete from `tabSingles` where `doctype` = %s", (doctype,), True)
    local.cache.pop(ROUNDING_METHOD, None)
