"""`frappe.model.mapper`: a new document made of another one, by a table of what becomes what."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from frappe_standalone.documents.base_document import CHILD_FIELDS, STANDARD_FIELDS
from frappe_standalone.documents.documents import get_doc, new_doc
from frappe_standalone.documents.meta import TABLES
from frappe_standalone.exceptions import DoesNotExistError, ValidationError
from frappe_standalone.local import local
from frappe_standalone.missing import unsupported

_EMPTY = (None, "")


def get_mapped_doc(
    from_doctype: str,
    from_docname: Any,
    table_maps: Mapping[str, Any],
    target_doc: Any = None,
    postprocess: Callable[[Any, Any], Any] | None = None,
    ignore_permissions: bool = False,
    ignore_child_tables: bool = False,
    cached: bool = False,
) -> Any:
    """A new document, not yet stored, or `target_doc` with what `table_maps` says of the source.

    Raises:
        ValidationError: the source does not fulfil a `validation`.
    """
    source = get_doc(from_doctype, from_docname)
    if isinstance(target_doc, str):
        target_doc = get_doc(json.loads(target_doc))
    if table_maps[from_doctype].get("on_parent"):
        raise unsupported("get_mapped_doc(…, on_parent=…)")
    target = target_doc or new_doc(table_maps[from_doctype]["doctype"])
    target.run_method("before_mapping", source, table_maps)
    map_doc(source, target, table_maps[source.doctype])
    if not ignore_child_tables:
        for df in source.meta.get_table_fields():
            _map_table(source, target, df, table_maps)
    if postprocess:
        postprocess(source, target)
    target.run_method("after_mapping", source)
    return target


def _map_table(source: Any, target: Any, df: Any, table_maps: Mapping[str, Any]) -> None:
    table_map = table_maps.get(df.options) or _same_table(target, df)
    if not table_map or table_map.get("ignore"):
        return
    field = _table_of(target, table_map["doctype"])
    if table_map.get("reset_value"):
        target.set(field, [])
    had_rows = bool(target.get(field))
    chosen = (local.flags.selected_children or {}).get(df.fieldname)
    for row in source.get(df.fieldname) or ():
        unwanted = (
            ("condition" in table_map and not table_map["condition"](row))
            or (chosen is not None and row.name not in chosen)
            or (table_map.get("add_if_empty") and had_rows)
            or (table_map.get("filter") and table_map["filter"](row))
        )
        if not unwanted:
            map_child_doc(row, target, table_map, source)


def _same_table(target: Any, df: Any) -> dict[str, Any] | None:
    """The same table in both is copied without being asked for."""
    other = target.meta.get_field(df.fieldname)
    same = other and other.options == df.options and not df.no_copy and not other.no_copy
    return {"doctype": df.options} if same else None


def _table_of(doc: Any, doctype: str) -> str:
    for df in doc.meta.get_table_fields():
        if df.options == doctype:
            return str(df.fieldname)
    raise ValidationError(f"{doc.doctype} has no table of {doctype}")


def map_child_doc(
    source_d: Any, target_parent: Any, table_map: Mapping[str, Any], source_parent: Any = None
) -> Any:
    """A row of the target, made of a row of the source."""
    made = new_doc(table_map["doctype"])
    row = target_parent.append(_table_of(target_parent, table_map["doctype"]), made)
    index = row.idx
    map_doc(source_d, row, table_map, source_parent)
    row.idx = index
    return row


def map_doc(
    source_doc: Any, target_doc: Any, table_map: Mapping[str, Any], source_parent: Any = None
) -> None:
    """Set the target's fields from the source's.

    Raises:
        ValidationError: the source does not fulfil a `validation`.
    """
    for field, (operator, wanted) in (table_map.get("validation") or {}).items():
        if operator == "=" and source_doc.get(field) != wanted:
            raise ValidationError(f"Cannot map because following condition fails: {field}={wanted}")
    _map_fields(source_doc, target_doc, table_map, source_parent)
    if "postprocess" in table_map:
        table_map["postprocess"](source_doc, target_doc, source_parent)


def _map_fields(source: Any, target: Any, table_map: Mapping[str, Any], parent: Any) -> None:
    kept = {"doctype", *STANDARD_FIELDS, *CHILD_FIELDS, *table_map.get("field_no_map", ())}
    kept |= {df.fieldname for df in source.meta.fields if df.no_copy or df.fieldtype in TABLES}
    kept |= {df.fieldname for df in target.meta.fields if df.fieldtype in TABLES}
    for df in target.meta.fields:
        if df.fieldname in kept:
            continue
        value = source.get(df.fieldname)
        if value not in _EMPTY:
            target.set(df.fieldname, value)
        elif df.fieldtype == "Link" and not target.get(df.fieldname):
            for linked in (source, parent):
                if linked is not None and df.options == linked.doctype:
                    target.set(df.fieldname, linked.name)
                    break
    pairs = table_map.get("field_map") or ()
    for source_field, target_field in pairs.items() if isinstance(pairs, Mapping) else pairs:
        value = source.get(source_field)
        if value not in _EMPTY:
            target.set(target_field, value)
    target.idx = source.idx or target.idx
    _fetch(target, kept)


def _fetch(target: Any, kept: set[str]) -> None:
    """Fields with `fetch_from` take the linked document's values."""
    for df in target.meta.fields:
        link, _, field = str(df.fetch_from or "").partition(".")
        holder = target.meta.get_field(link) if field else None
        wanted = not target.get(df.fieldname) or df.fieldtype == "Read Only"
        if holder is None or df.fieldname in kept or not wanted or not target.get(link):
            continue
        with suppress(DoesNotExistError):
            value = get_doc(holder.options, target.get(link)).get(field)
            if value not in _EMPTY:
                target.set(df.fieldname, value)
