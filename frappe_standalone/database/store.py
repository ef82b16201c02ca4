"""The documents of the current site, as rows: what `frappe.db` and `get_all` read and write."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from frappe_celery.host import settings
from frappe_standalone.database import dialect, errors, known, rows, schema, statements, virtual
from frappe_standalone.database import query as queries
from frappe_standalone.database.dialect import quoted
from frappe_standalone.database.filters import KEEP_DEFAULT, bare, check_plain, parse
from frappe_standalone.database.query import Select
from frappe_standalone.database.singles import texts
from frappe_standalone.database.values import READERS, to_column
from frappe_standalone.exceptions import DuplicateEntryError, UniqueValidationError, ValidationError
from frappe_standalone.local import local
from frappe_standalone.missing import ANY, lacks, unsupported
from frappe_standalone.utils.dates import now
from frappe_standalone.utils.frappedict import _dict
from frappe_standalone.utils.text import generate_hash, scrub

DEFAULTS = "defaults"
"""Where `local.cache` has what `frappe.defaults` read."""


def _default_order(doctype: str) -> str:
    meta = schema.described(doctype)
    if meta.sort_field:
        return meta.sort_field if "," in meta.sort_field else f"{meta.sort_field} {meta.sort_order}"
    return f"{_newest()} desc"


def _newest() -> str:
    """The field that the newest documents are found by, where nothing says by which."""
    return "modified" if settings.current().frappe_version < 16 else "creation"


def run_sql(text: str, arguments: Any, write: bool) -> Any:
    """As `run`, of a statement of an app's: the tables are made that it needs and an app describes.

    Raises:
        NeedsFrappeSite: it cannot be carried to this database; shows it.
    """
    try:
        return statements.run(text, arguments, write, is_plain=False)
    except Exception as error:
        is_missing = errors.is_missing_table(error) or errors.is_missing_column(error)
        if not is_missing or not rows.make_described(text):
            raise
    return statements.run(text, arguments, write, is_plain=False)


# -- reading


def select(
    doctype: str,
    filters: Any,
    *,
    fields: Any = "*",
    order_by: str | None = None,
    for_update: bool = False,
    in_any_order: bool = False,
    **asked: Any,
) -> list[dict[str, Any]]:
    """The matching rows with those fields; `asked` is more of what `query.select` takes."""
    filters = parse(filters)
    if doctype in virtual.READ:
        by = f"{_newest()} desc" if order_by in (None, "", KEEP_DEFAULT) else str(order_by)
        return virtual.columns(virtual.select(doctype, filters, order_by=by, **asked), fields)
    by_name = not order_by and [(each.field, each.operator) for each in filters] == [("name", "=")]
    made, text = queries.select(
        doctype,
        fields,
        filters,
        order_by=order_by,
        default_order="" if by_name or in_any_order else _default_order(doctype),
        **asked,
    )
    text += statements.locking(doctype) if for_update else ""
    with errors.translated("" if made.is_plain else text):
        names, rows, _ = statements.run(text, made.arguments, for_update, made.is_plain)
    if len(names) == len(made.selected):
        names = [
            each.name if each.name != "*" else name
            for each, name in zip(made.selected, names, strict=True)
        ]
    return _read(made, names, rows)


def _read(made: Select, names: list[str], rows: Any) -> list[dict[str, Any]]:
    """What no driver does: JSON, and times that an expression of SQLite's gives as text."""
    columns: dict[str, schema.Column | None] = {each.name: each.column for each in made.selected}
    if "*" in columns:
        own = made.columns(made.doctype)
        is_all = columns.keys() | own.keys() >= set(names)
        columns |= own if is_all else statements.columns(made.doctype, anew=True)
    kinds = [column.kind if (column := columns.get(name)) else "" for name in names]
    return _as_read(made.doctype, names, rows, kinds)


def _as_read(doctype: str, names: list[str], rows: Any, kinds: list[str]) -> list[dict[str, Any]]:
    """Rows with their names; where an app describes the doctype, JSON stays the text it is."""
    left_out = "json" if "json" in kinds and schema.described(doctype).is_known else ""
    readers = {
        number: READERS[kind]
        for number, kind in enumerate(kinds)
        if kind in READERS and kind != left_out
    }
    return [dict(zip(names, row, strict=True)) for row in dialect.read(rows, readers)]


def names(doctype: str, filters: Any, limit: int | None = None) -> list[str]:
    """The names of the matching documents."""
    return [row["name"] for row in select(doctype, filters, limit=limit, fields=["name"])]


def get(doctype: str, name: str, for_update: bool = False) -> dict[str, Any] | None:
    if doctype in virtual.READ:
        return virtual.get(doctype, name)
    found = having(doctype, {"name": str(name)}, for_update=for_update)
    return found[0] if found else None


def having(
    doctype: str, values: Mapping[str, str], *, order_by: str = "", for_update: bool = False
) -> list[dict[str, Any]]:
    """The whole rows that have these values, as a document reads its own and its children's."""
    columns = statements.columns(doctype)
    if not (_are_texts(values) and values.keys() <= columns.keys()):
        return select(doctype, values, order_by=order_by, for_update=for_update)
    is_there, arguments = _holding(columns, values)
    text = f"select * from {quoted(schema.table_name(doctype))} where {is_there}"
    text += f" order by {order_by}" if order_by else ""
    text += statements.locking(doctype) if for_update else ""
    with errors.translated():
        names, found, _ = statements.run(text, arguments, for_update)
    if not columns.keys() >= set(names):  # another process added one
        columns = statements.columns(doctype, anew=True)
    kinds = [columns[name].kind for name in names]
    return _as_read(doctype, names, found, kinds)


def _are_texts(filters: Any) -> bool:
    """Whether they ask for texts of fields and for nothing else."""
    is_mapping = isinstance(filters, dict) and bool(filters)
    return is_mapping and all(isinstance(each, str) and each for each in filters.values())


def _holding(columns: schema.Columns, values: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """That a row has these values, as SQL, and its arguments."""
    arguments = [to_column(value, columns[name], name, True) for name, value in values.items()]
    return " and ".join(f"{quoted(name)} = %s" for name in values), arguments


def count(doctype: str, filters: Any = None, distinct: bool = False) -> int:
    if doctype in virtual.READ:
        return len(virtual.select(doctype, parse(filters)))
    what = f"count({'distinct ' if distinct else ''}`tab{doctype}`.`name`) as n"
    return int(select(doctype, filters, fields=[what])[0]["n"])


# -- writing


def modified_now() -> dict[str, Any]:
    """What a change leaves on a document."""
    return {"modified": now(), "modified_by": local.session.user or ""}


def insert(doctype: str, fields: Mapping[str, Any]) -> None:
    """Add a row.

    Raises:
        DuplicateEntryError: the site has one of that doctype and name.
        UniqueValidationError: it has one with that value of a unique field.
    """
    stamp = modified_now()
    stamp |= {"creation": stamp["modified"], "owner": stamp["modified_by"]}
    missing = {field: value for field, value in stamp.items() if fields.get(field) is None}
    row = {**fields, **missing}
    try:
        insert_all(doctype, [row])
    except UniqueValidationError as error:
        if not names(doctype, row["name"], limit=1):
            raise
        raise DuplicateEntryError(error) from error  # SQLite looks at the name last


def insert_all(
    doctype: str, many: Iterable[Mapping[str, Any]], ignore_duplicates: bool = False
) -> None:
    """Add rows that have the same fields, and nothing else."""
    _check_has_table(doctype)
    found = [rows.of(doctype, fields) for fields in many]
    marks = f"({', '.join(['%s'] * len(found[0]))})"
    is_mysql = ignore_duplicates and statements.vendor() == "mysql"
    text = f"insert {'ignore ' * is_mysql}into `tab{doctype}` ({', '.join(map(quoted, found[0]))})"
    text += f" values {', '.join([marks] * len(found))}"
    if ignore_duplicates and not is_mysql:
        text += " on conflict do nothing"
    statements.run(text, [value for row in found for value in row.values()], True)


def update(doctype: str, name: str, fields: Mapping[str, Any]) -> bool:
    """Set fields of a row; False when there is none of that name."""
    return bool(update_where(doctype, str(name), fields))


def update_where(
    doctype: str, filters: Any, fields: Mapping[str, Any], by_itself: bool = False
) -> int:
    """Set fields of the matching rows; how many they are."""
    _check_has_table(doctype)
    row = rows.of(doctype, fields, by_itself)
    if not row:
        return count(doctype, filters)
    changes = ", ".join(f"{quoted(field)} = %s" for field in row)
    where, arguments = _where(doctype, filters)
    text = f"update `tab{doctype}` set {changes}{where}"
    return int(statements.run(text, [*row.values(), *arguments], True)[2])


def set_where(doctype: str, filters: Any, fields: Mapping[str, Any]) -> int:
    """The same, of fields that the doctype has.

    Raises:
        NoSuchColumn: the app that describes the doctype gives it no such field.
    """
    _check_has_table(doctype)
    for field in fields.keys() - statements.columns(doctype).keys():
        Select(doctype).column(field)
    return update_where(doctype, filters, fields, by_itself=True)


def delete(doctype: str, filters: Any) -> int:
    """Remove the matching rows; how many they were."""
    _check_has_table(doctype)
    if not statements.columns(doctype):
        return 0
    where, arguments = _where(doctype, filters)
    return int(statements.run(f"delete from `tab{doctype}`{where}", arguments, True)[2])


def delete_others(doctype: str, values: Mapping[str, Any], kept: list[Any]) -> None:
    """Remove the rows that have these values and none of the names."""
    if not kept:
        delete(doctype, values)
    elif columns := statements.columns(doctype):
        where, arguments = _where(doctype, values)
        names = [to_column(name, columns["name"], "name", True) for name in kept]
        text = f"delete from `tab{doctype}`{where} and `name` not in %s"
        statements.run(text, [*arguments, names], True)


def _check_has_table(doctype: str) -> None:
    if doctype in virtual.READ:
        raise unsupported(f"writing documents of {doctype!r}")


def _where(doctype: str, filters: Any) -> tuple[str, list[Any]]:
    named = {"name": filters} if isinstance(filters, str) else filters
    if _are_texts(named) and named.keys() <= (columns := statements.columns(doctype)).keys():
        is_there, arguments = _holding(columns, named)
        return f" where {is_there}", arguments
    made = Select(doctype)
    where = made.where(filters)
    if made.joins:
        return _where(doctype, {"name": ["in", names(doctype, filters)]})
    return where, made.arguments


# -- defaults


def get_default(key: str, parent: str = "__default") -> Any:
    """A default that `set_default` has kept, or what System Settings say; None for none."""
    asked = {"parent": parent, "defkey": ["in", [key, scrub(key)]]}
    rows = select("DefaultValue", asked, fields=["defkey", "defvalue"])
    found: Mapping[str, Any] = {row["defkey"]: row["defvalue"] for row in rows}
    if not found and parent == "__default":
        found = texts("System Settings")
    return found.get(key, found.get(scrub(key)))


def set_default(
    key: str, val: Any, parent: str = "__default", parenttype: str | None = None
) -> None:
    """Keep a default for the whole site, or for a `parent`: a user."""
    filters = {"parent": parent, "defkey": key}
    local.cache.pop(DEFAULTS, None)
    if not update_where("DefaultValue", filters, {"defvalue": val}):
        own = {"parenttype": parent, "parentfield": "system_defaults", "defvalue": val}
        insert("DefaultValue", {"name": generate_hash(length=10), **filters, **own})


# -- frappe.get_all


@lacks(
    **{"join": "left join", "with_childnames": False, "with_comment_count": False, "run": True},
    **dict.fromkeys(("debug", "ignore_permissions", "ignore_user_permissions", "user"), ANY),
    **dict.fromkeys(("user_settings", "save_user_settings", "save_user_settings_fields"), ANY),
    **dict.fromkeys(("reference_doctype", "parent_doctype", "strict", "ignore_ifnull"), ANY),
    **{"add_total_row": ANY, "docstatus": None},
)
def get_all(
    doctype: str,
    fields: Any = None,
    filters: Any = None,
    or_filters: Any = None,
    *,
    order_by: str | None = KEEP_DEFAULT,
    limit_start: int = 0,
    limit_page_length: int | None = None,
    group_by: str | None = None,
    limit: int | None = None,
    start: int | None = None,
    offset: int | None = None,
    page_length: int | None = None,
    pluck: str | None = None,
    as_list: bool = False,
    distinct: bool = False,
    update: Mapping[str, Any] | None = None,
    ignore_ddl: bool = False,
) -> Any:
    """The matching documents' fields (`name` unless `fields` says more), as dictionaries.

    `pluck` gives the values of one field, `as_list` a tuple of tuples. Arguments that only
    matter where there are permissions are taken and not used.

    Raises:
        DoesNotExistError: nothing describes the doctype, and there is no document of it.
        NeedsFrappeSite: a form of Frappe's that is not here, such as `join`.
        TypeError: Frappe has no such argument either.
    """
    version = settings.current().frappe_version
    is_of_15 = version < 16
    if ignore_ddl and not statements.columns(doctype):
        return []
    known.check(doctype)
    fields, filters = _told_apart(fields, filters)
    if is_of_15 and isinstance(filters, str):
        filters = json.loads(filters)
    check_plain(fields, order_by, group_by)
    if schema.described(doctype).issingle:
        raise errors.NoSuchTable(f"{doctype} is a Single, which has no table")
    first = int(start or offset or limit_start or 0)
    most = int(limit or page_length or limit_page_length or 0) or None
    if first and not most:
        if version == 16:
            raise ValidationError("get_all(offset=…) without a limit is no SQL of MariaDB's")
        first, most = (0, None) if is_of_15 else (first, 2**63 - 1)
    rows = select(
        doctype,
        filters,
        or_filters=or_filters,
        order_by=order_by,
        in_any_order=order_by is None,
        start=first,
        limit=most,
        fields=[pluck] if pluck and not fields else fields or ["name"],
        group_by=group_by,
        distinct=distinct,
    )
    if pluck and fields:  # from 16 on, as in Frappe, the first one
        return [row[bare(pluck)] if is_of_15 else next(iter(row.values())) for row in rows]
    return shaped(rows, as_dict=not as_list, pluck=pluck, update=update)


def shaped(
    rows: Iterable[dict[str, Any]],
    *,
    as_dict: bool = False,
    as_list: bool = False,
    pluck: Any = None,
    update: Mapping[str, Any] | None = None,
) -> Any:
    """Rows as one field's values (the first one's unless `pluck` names it), dictionaries, lists
    or, where nothing is said, a tuple of tuples."""
    if pluck:
        name = bare(str(pluck))
        return [row[name] if name in row else next(iter(row.values())) for row in rows]
    if as_dict:
        return [_dict(row).update(update or {}) for row in rows]
    values = (row.values() for row in rows)
    return [*map(list, values)] if as_list else tuple(map(tuple, values))


def get_list(doctype: str, *args: Any, **kwargs: Any) -> Any:
    """`get_all`: there are no permissions here, and a page of 20 is only the REST API's."""
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
