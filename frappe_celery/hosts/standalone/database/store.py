"""The documents of the current site, as rows: what `frappe.db` and `get_all` read and write."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from frappe_celery.config import settings
from frappe_celery.hosts.standalone.database import virtual
from frappe_celery.hosts.standalone.database.filters import Order, Query, bare, parse, parse_order
from frappe_celery.hosts.standalone.local import local
from frappe_celery.hosts.standalone.missing import unsupported
from frappe_celery.hosts.standalone.utils.dates import now_datetime
from frappe_celery.hosts.standalone.utils.frappedict import _dict

DEFAULT_PAGE = 20
_SINGLE_DEFAULTS: dict[str, dict[str, Any]] = {
    "System Settings": {"enable_scheduler": 1, "dormant_days": 4}
}
_UNSUPPORTED_ARGUMENTS = ("group_by", "join", "with_childnames", "parent_doctype")


def _reading() -> AbstractContextManager[Any]:
    reading: AbstractContextManager[Any] = local.db.transaction.reading()
    return reading


def _writing() -> AbstractContextManager[Any]:
    writing: AbstractContextManager[Any] = local.db.transaction.writing()
    return writing


def _table(doctype: str) -> Any:
    from frappe_celery.hosts.standalone.database.tables import table_of

    return table_of(doctype, local.site)


def _default_order() -> Order:
    return Order("modified" if settings.current().frappe_version < 16 else "creation", True)


# -- reading


def select(
    doctype: str,
    filters: Any,
    *,
    or_filters: Any = None,
    order_by: str | None = None,
    start: int = 0,
    limit: int | None = None,
    for_update: bool = False,
    fields: Iterable[str] | None = None,
) -> list[dict[str, Any]]:
    """The matching rows with those fields, or all of them and more."""
    query = Query(
        None if fields is None else frozenset(fields),
        parse(doctype, filters),
        parse(doctype, or_filters),
        parse_order(order_by, _default_order()),
        start,
        limit,
    )
    if doctype in virtual.DOCTYPES:
        return virtual.select(doctype, query)
    with _writing() if for_update else _reading():
        rows: list[dict[str, Any]] = _table(doctype).select(query)
        if for_update:
            locked = (_table(doctype).get(row["name"], for_update=True) for row in rows)
            rows = [row for row in locked if row is not None]
        return rows


def names(doctype: str, filters: Any, limit: int | None = None) -> list[str]:
    """The names of the matching documents."""
    return [row["name"] for row in select(doctype, filters, limit=limit, fields=("name",))]


def get(doctype: str, name: str, for_update: bool = False) -> dict[str, Any] | None:
    """One document's row."""
    if doctype in virtual.DOCTYPES:
        return virtual.get(doctype, name)
    with _writing() if for_update else _reading():
        row: dict[str, Any] | None = _table(doctype).get(str(name), for_update)
        return row


def contents(doctype: str) -> list[tuple[Any, ...]]:
    """All that a doctype's rows hold, as the database gives it: to see whether anything changed."""
    with _reading():
        held: list[tuple[Any, ...]] = _table(doctype).contents()
        return held


def instants(doctype: str, fields: Iterable[str]) -> list[dict[str, Any]]:
    """Those fields of a doctype's rows, by name, with times that know their zone."""
    with _reading():
        rows: list[dict[str, Any]] = _table(doctype).instants(fields)
        return rows


def single(doctype: str) -> dict[str, Any]:
    """The fields of a Single; its defaults where nothing was saved."""
    return {**_SINGLE_DEFAULTS.get(doctype, {}), **(get(doctype, doctype) or {})}


def count(doctype: str, filters: Any = None) -> int:
    """How many match."""
    query = Query(conditions=parse(doctype, filters))
    if doctype in virtual.DOCTYPES:
        return len(virtual.select(doctype, query))
    with _reading():
        number: int = _table(doctype).count(query)
        return number


# -- writing


def modified_now() -> dict[str, Any]:
    """What a change leaves on a document."""
    return {"modified": now_datetime(), "modified_by": local.session.user or ""}


def insert(doctype: str, values: Mapping[str, Any]) -> None:
    """Add a row.

    Raises:
        DuplicateEntryError: the site has one of that doctype and name.
    """
    stamp = modified_now()
    stamp |= {"creation": stamp["modified"], "owner": stamp["modified_by"]}
    missing = {field: value for field, value in stamp.items() if values.get(field) is None}
    with _writing():
        _table(doctype).insert({**values, **missing})


def update(doctype: str, name: str, values: Mapping[str, Any]) -> bool:
    """Set fields of a row; False when there is none of that name."""
    with _writing():
        found: bool = _table(doctype).update(str(name), values)
        return found


def delete(doctype: str, filters: Any) -> int:
    """Remove the matching rows; how many they were."""
    with _writing():
        number: int = _table(doctype).delete(parse(doctype, filters))
        return number


def get_default(key: str, parent: str) -> Any:
    """A kept default."""
    return (get("DefaultValue", f"{parent}:{key}") or {}).get("defvalue")


def set_default(key: str, value: Any, parent: str) -> None:
    """Keep a default."""
    if not update("DefaultValue", f"{parent}:{key}", {"defvalue": value}):
        insert("DefaultValue", {"name": f"{parent}:{key}", "defvalue": value})


# -- frappe.get_all


def get_all(
    doctype: str,
    fields: Any = None,
    filters: Any = None,
    or_filters: Any = None,
    order_by: str | None = None,
    limit_start: int = 0,
    limit_page_length: int | None = None,
    *,
    limit: int | None = None,
    start: int | None = None,
    page_length: int | None = None,
    pluck: str | None = None,
    as_list: bool = False,
    distinct: bool = False,
    update: Mapping[str, Any] | None = None,
    **others: Any,
) -> list[Any]:
    """The matching documents' fields (`name` unless `fields` says more), as dictionaries.

    `pluck` gives the values of one field, `as_list` tuples. Arguments that only matter where
    there are permissions are taken and not used.

    Raises:
        NeedsFrappeSite: `group_by`, joins, SQL functions in `fields`.
    """
    for argument in _UNSUPPORTED_ARGUMENTS:
        if others.get(argument):
            raise unsupported(f"get_all({argument}=…)")
    fields, filters = _told_apart(fields, filters)
    columns = _columns(fields)
    rows = select(
        doctype,
        filters,
        or_filters=or_filters,
        order_by=order_by,
        start=start or limit_start or 0,
        limit=limit or page_length or limit_page_length or None,
        fields=(bare(pluck),) if pluck else columns and columns.values(),
    )
    if pluck:
        found = [row.get(bare(pluck)) for row in rows]
        return list(dict.fromkeys(found)) if distinct else found
    picked = [_pick(row, columns) for row in rows]
    if distinct:
        picked = [row for i, row in enumerate(picked) if row not in picked[:i]]
    if as_list:
        return [tuple(row.values()) for row in picked]
    return [row.update(update or {}) for row in picked]


def get_list(doctype: str, *args: Any, **kwargs: Any) -> list[Any]:
    """`get_all` a page at a time: 20 unless told. There are no permissions here."""
    if not any(
        kwargs.get(key) is not None for key in ("limit", "page_length", "limit_page_length")
    ):
        kwargs["limit_page_length"] = DEFAULT_PAGE
    return get_all(doctype, *args, **kwargs)


def _told_apart(fields: Any, filters: Any) -> tuple[Any, Any]:
    """Fields and filters, which may be given either way round as in Frappe."""
    if isinstance(fields, Mapping) or (
        isinstance(fields, (list, tuple)) and fields and isinstance(fields[0], (list, tuple))
    ):
        return filters, fields
    if fields and isinstance(filters, list) and len(filters) > 1 and isinstance(filters[0], str):
        return filters, fields
    return fields, filters


def _columns(fields: Any) -> dict[str, str] | None:
    """The fields to give and what each is called; None for all of them.

    Raises:
        NeedsFrappeSite: an SQL function among them.
    """
    if isinstance(fields, str):
        fields = fields.split(",")
    columns: dict[str, str] = {}
    for field in fields or ["name"]:
        if not isinstance(field, str) or "(" in field:
            raise unsupported(f"the field {field!r} in get_all")
        source, _, alias = field.strip().partition(" as ")
        columns[alias.strip() or bare(source)] = bare(source)
    return None if "*" in columns else columns


def _pick(row: Mapping[str, Any], columns: Mapping[str, str] | None) -> _dict:
    if columns is None:
        return _dict(row)
    return _dict({called: row.get(field) for called, field in columns.items()})
