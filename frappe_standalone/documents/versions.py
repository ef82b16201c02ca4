"""`frappe.core.doctype.version.version.get_diff`: what differs between two states of a document."""

from __future__ import annotations

from typing import Any

from frappe_standalone.documents.meta import NO_FIELDS, TABLES
from frappe_standalone.missing import lacks
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.text import cstr

_LISTS = ("changed", "added", "removed", "row_changed")


@lacks(compare_cancelled=False)
def get_diff(old: Any, new: Any, for_child: bool = False) -> _dict | None:
    """`changed` fields with their old and new value, rows `added` and `removed`, and `row_changed`;
    None when nothing differs."""
    if not new:
        return None
    diff = _dict({name: [] for name in _LISTS}, data_import=new.flags.via_data_import)
    diff.updater_reference = new.flags.updater_reference
    for df in new.meta.fields:
        if df.fieldtype in (*NO_FIELDS, "Password") or df.is_virtual:
            continue
        before, after = old.get(df.fieldname), new.get(df.fieldname)
        if df.fieldtype in TABLES:
            if not for_child:
                _compare_rows(diff, df.fieldname, before or [], after or [])
            continue
        if df.fieldtype in ("Link", "Dynamic Link"):
            before, after = cstr(before), cstr(after)
        if before != after:
            diff.changed.append((df.fieldname, before, after))
    if not for_child:
        for field in ("name", "docstatus"):
            if old.get(field) != new.get(field):
                diff.changed.append([field, old.get(field), new.get(field)])
    return diff if any(diff[name] for name in _LISTS) else None


def _compare_rows(diff: _dict, field: str, before: list[Any], after: list[Any]) -> None:
    known = {row.name: row for row in before if row.name}
    for index, row in enumerate(after):
        if row.name not in known:
            diff.added.append([field, row.as_dict()])
        elif found := get_diff(known.pop(row.name), row, for_child=True):
            diff.row_changed.append((field, index, row.name, found.changed))
    kept = {row.name for row in after}
    diff.removed += [[field, row.as_dict()] for row in before if row.name not in kept]
