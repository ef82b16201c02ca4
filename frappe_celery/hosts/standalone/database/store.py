"""The documents of the current site, as rows: what `frappe.db` and `get_all` read and write."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Any

from frappe_celery.config import settings
from frappe_celery.hosts.standalone.database import dialect, errors, schema, values, virtual
from frappe_celery.hosts.standalone.database import query as queries
from frappe_celery.hosts.standalone.database.filters import Order, Query, bare, parse, parse_order
from frappe_celery.hosts.standalone.database.query import Select
from frappe_celery.hosts.standalone.exceptions import ValidationError
from frappe_celery.hosts.standalone.local import local
from frappe_celery.hosts.standalone.missing import unsupported
from frappe_celery.hosts.standalone.utils.dates import now_datetime
from frappe_celery.hosts.standalone.utils.frappedict import _dict
from frappe_celery.hosts.standalone.utils.text import generate_hash

DEFAULT_PAGE = 20
_SINGLE_DEFAULTS: dict[str, dict[str, Any]] = {
    "System Settings": {"enable_scheduler": 1, "dormant_days": 4}
}
_UNSUPPORTED_ARGUMENTS = ("join", "with_childnames")


def _reading() -> AbstractContextManager[Any]:
    reading: AbstractContextManager[Any] = local.db.transaction.reading()
    return reading


def _writing() -> AbstractContextManager[Any]:
    writing: AbstractContextManager[Any] = local.db.transaction.writing()
    return writing


def _columns(doctype: str, anew: bool = False) -> schema.Columns:
    with _reading() as connection:
        if anew:
            schema.forget(connection, doctype)
        return schema.columns(connection, doctype)


def table_columns(doctype: str, anew: bool = False) -> list[str]:
    """The columns that a doctype's table has; none where there is no table."""
    return list(_columns(doctype, anew))


def _vendor() -> str:
    return str(local.db.vendor)


def _default_order(doctype: str) -> str:
    meta = schema.described(doctype)
    if meta.sort_field:
        return meta.sort_field if "," in meta.sort_field else f"{meta.sort_field} {meta.sort_order}"
    return "modified desc" if settings.current().frappe_version < 16 else "creation desc"


def run(text: str, arguments: Any, write: bool, is_plain: bool = True) -> Any:
    """Run a statement of MariaDB's; the cursor's rows with their names, and how many changed."""
    with _writing() if write else _reading() as connection:
        vendor = connection.vendor
        found = dialect.parts(text, vendor, arguments is not None, is_plain)
        statement, filled = dialect.filled(found, arguments, vendor)
        with connection.cursor() as cursor:
            cursor.execute(statement, filled)
            if cursor.description is None:
                return [], (), cursor.rowcount
            names = [column[0] for column in cursor.description]
            rows, count = dialect.rows_of(cursor, vendor), cursor.rowcount
    return names, _with_times(rows, found[2]) if found[2] else rows, count


def _with_times(rows: Any, times: dialect.Times) -> Any:
    """The rows with their texts read as times where the expressions are of times."""
    changed = [list(row) for row in rows]
    for number, what, doctypes in times:
        kinds = [_columns(doctype).get(what, schema.Column("")).kind for doctype in doctypes]
        for read in [_READERS[kind] for kind in (what, *kinds) if kind in _TIMES][:1]:
            for row in changed:
                row[number] = read(row[number])
    return [tuple(row) for row in changed]


def _day_or_time(value: Any) -> Any:
    return _READERS["date" if len(value) == 10 else "datetime"](value) if value else value


_TIMES = ("date", "datetime", "either")


_TABLE = re.compile(r"[`\"]tab([^`\"]+)[`\"]|\btab(\w+)")


def run_sql(text: str, arguments: Any, write: bool) -> Any:
    """As `run`, of a statement of an app's: the tables are made that it needs and an app describes.

    Raises:
        NeedsFrappeSite: it cannot be carried to this database; shows it.
    """
    try:
        return run(text, arguments, write, is_plain=False)
    except Exception as error:
        if not errors.is_missing(error) or not _make_described(text):
            raise
    return run(text, arguments, write, is_plain=False)


def _make_described(text: str) -> bool:
    """Whether tables or columns were made that a statement's doctypes shall have."""
    made = False
    for quoted_name, name in _TABLE.findall(text):
        doctype = quoted_name or name
        lacking = schema.described(doctype).is_known and schema.missing(_columns(doctype), doctype)
        if lacking:
            _make(doctype, lacking, bool(_columns(doctype)))
            made = True
    return made


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
    fields: Any = "*",
    group_by: str | None = None,
    distinct: bool = False,
) -> list[dict[str, Any]]:
    """The matching rows with those fields."""
    if doctype in virtual.DOCTYPES:
        return _virtual(doctype, filters, or_filters, order_by, start, limit, fields)
    by_name = isinstance(filters, (str, int)) and not order_by
    made, text = queries.select(
        _columns,
        _vendor(),
        doctype,
        fields,
        filters,
        or_filters=or_filters,
        order_by=order_by,
        default_order="" if by_name else _default_order(doctype),
        group_by=group_by,
        start=start,
        limit=limit,
        distinct=distinct,
        for_update=for_update,
    )
    if for_update:
        _lock(doctype)
    names, rows, _ = run(text, made.arguments, for_update, made.is_plain)
    if len(names) == len(made.selected):
        names = [
            each.name if each.name != "*" else name
            for each, name in zip(made.selected, names, strict=True)
        ]
    return _read(made, names, rows)


def _read(made: Select, names: list[str], rows: Iterable[Any]) -> list[dict[str, Any]]:
    found = [dict(zip(names, row, strict=True)) for row in rows]
    for name, read in _readers(made, names):
        for row in found:
            if row[name] is not None:
                row[name] = read(row[name])
    return found


def _readers(made: Select, names: list[str]) -> list[tuple[str, Callable[[Any], Any]]]:
    """What no driver does: JSON, and times that an expression of SQLite's gives as text."""
    found: dict[str, schema.Column | None] = {each.name: each.column for each in made.selected}
    if "*" in found:
        columns = made.columns_of(made.doctype)
        found |= (
            columns if columns.keys() >= set(names) else made.columns_of(made.doctype, anew=True)
        )
    readers = []
    for name in names:
        column = found.get(name)
        if column is None or (column.kind == "json" and made.meta.is_known):
            continue
        if column.kind in _READERS:
            readers.append((name, _READERS[column.kind]))
    return readers


_READERS: dict[str, Callable[[Any], Any]] = {
    "json": values.from_json,
    "either": _day_or_time,
    "date": lambda value: date.fromisoformat(value) if isinstance(value, str) else value,
    "datetime": lambda value: datetime.fromisoformat(value) if isinstance(value, str) else value,
}


def _lock(doctype: str) -> None:
    """SQLite locks the whole database, and only for a statement that writes: one that changes
    nothing does. Reading first would make the later write fail where another process wrote in
    between."""
    if _vendor() == "sqlite" and _columns(doctype):
        table = schema.table_name(doctype)
        run(f"update `{table}` set `name` = `name` where 1 = 0", (), write=True)


def _virtual(
    doctype: str,
    filters: Any,
    or_filters: Any,
    order_by: str | None,
    start: int,
    limit: int | None,
    fields: Any,
) -> list[dict[str, Any]]:
    newest = "modified" if settings.current().frappe_version < 16 else "creation"
    query = Query(
        parse(doctype, filters),
        parse(doctype, or_filters),
        parse_order(order_by, Order(newest, True)),
        start,
        limit,
    )
    rows = virtual.select(doctype, query)
    columns = _columns_of_virtual(fields)
    if columns is None:
        return rows
    return [{called: row.get(name) for called, name in columns.items()} for row in rows]


def _columns_of_virtual(fields: Any) -> dict[str, str] | None:
    columns: dict[str, str] = {}
    for field in fields.split(",") if isinstance(fields, str) else fields:
        if not isinstance(field, str) or "(" in field:
            raise unsupported(f"the field {field!r} of a doctype without a table")
        source, _, alias = field.strip().partition(" as ")
        columns[alias.strip() or bare(source)] = bare(source)
    return None if "*" in columns else columns


def names(doctype: str, filters: Any, limit: int | None = None) -> list[str]:
    """The names of the matching documents."""
    return [row["name"] for row in select(doctype, filters, limit=limit, fields=["name"])]


def get(doctype: str, name: str, for_update: bool = False) -> dict[str, Any] | None:
    """One document's row."""
    if doctype in virtual.DOCTYPES:
        return virtual.get(doctype, name)
    rows = select(doctype, str(name), limit=1, for_update=for_update)
    return rows[0] if rows else None


def count(doctype: str, filters: Any = None, distinct: bool = False) -> int:
    """How many match."""
    if doctype in virtual.DOCTYPES:
        return len(virtual.select(doctype, Query(parse(doctype, filters))))
    what = f"count({'distinct ' if distinct else ''}`tab{doctype}`.`name`) as n"
    return int(select(doctype, filters, fields=[what])[0]["n"])


# -- Singles


def single(doctype: str, for_update: bool = False) -> dict[str, Any]:
    """The fields of a Single; its defaults where nothing was saved."""
    text = "select `field`, `value`, `kind` from `tabSingles` where `doctype` = %s"
    if for_update:
        _lock("Series")
        text += "" if _vendor() == "sqlite" else " for update"
    _, rows, _ = run(text, (doctype,), for_update)
    found = {field: _from_single(value, kind) for field, value, kind in rows}
    return {**_SINGLE_DEFAULTS.get(doctype, {}), **found}


def _from_single(value: str | None, kind: str | None) -> Any:
    if value is None or kind not in _FROM_SINGLE:
        return value
    return _FROM_SINGLE[kind](value)


_FROM_SINGLE: dict[Any, Callable[[str], Any]] = {**_READERS, "int": int, "float": float}


def set_single(doctype: str, fields: Mapping[str, Any]) -> None:
    """Set fields of a Single; the others stay."""
    text = schema.Column("text")
    rows = [
        (doctype, field, values.to_column(value, text, field, True), values.kind_of(value))
        for field, value in fields.items()
    ]
    run(
        "delete from `tabSingles` where `doctype` = %s and `field` in %s",
        (doctype, list(fields)),
        True,
    )
    listed = ", ".join(["(%s, %s, %s, %s)"] * len(rows))
    run(
        f"insert into `tabSingles` (`doctype`, `field`, `value`, `kind`) values {listed}",
        [value for row in rows for value in row],
        True,
    )


def delete_single(doctype: str) -> None:
    """Forget what was saved of a Single."""
    run("delete from `tabSingles` where `doctype` = %s", (doctype,), True)


# -- writing


def modified_now() -> dict[str, Any]:
    """What a change leaves on a document."""
    return {"modified": now_datetime(), "modified_by": local.session.user or ""}


def insert(doctype: str, fields: Mapping[str, Any]) -> None:
    """Add a row.

    Raises:
        DuplicateEntryError: the site has one of that doctype and name.
    """
    stamp = modified_now()
    stamp |= {"creation": stamp["modified"], "owner": stamp["modified_by"]}
    missing = {field: value for field, value in stamp.items() if fields.get(field) is None}
    row = _row(doctype, {**fields, **missing})
    listed = ", ".join(map(_quoted, row))
    marks = ", ".join(["%s"] * len(row))
    run(f"insert into `tab{doctype}` ({listed}) values ({marks})", list(row.values()), True)


def update(doctype: str, name: str, fields: Mapping[str, Any]) -> bool:
    """Set fields of a row; False when there is none of that name."""
    return bool(update_where(doctype, str(name), fields))


def update_where(doctype: str, filters: Any, fields: Mapping[str, Any]) -> int:
    """Set fields of the matching rows; how many they are."""
    row = _row(doctype, fields)
    if not row:
        return count(doctype, filters)
    changes = ", ".join(f"{_quoted(field)} = %s" for field in row)
    where, arguments = _where(doctype, filters)
    text = f"update `tab{doctype}` set {changes}{where}"
    changed: int = run(text, [*row.values(), *arguments], True)[2]
    return changed


def delete(doctype: str, filters: Any) -> int:
    """Remove the matching rows; how many they were."""
    if not _columns(doctype):
        return 0
    where, arguments = _where(doctype, filters)
    removed: int = run(f"delete from `tab{doctype}`{where}", arguments, True)[2]
    return removed


def _where(doctype: str, filters: Any) -> tuple[str, list[Any]]:
    made = Select(doctype, _columns, _vendor())
    where = made.where(filters)
    if made.joins:
        return _where(doctype, {"name": ["in", names(doctype, filters)]})
    return where, made.arguments


def _row(doctype: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What the columns of a row hold; those that are not there are made first."""
    meta = schema.described(doctype)
    is_described = meta.is_known
    columns = _with_columns(doctype, fields, is_described)
    spelled = {name.lower(): name for name in columns}
    row = {}
    for field, value in fields.items():
        name = field if field in columns else spelled.get(field.lower())
        if name is not None:
            _check_holds(doctype, meta.column_of(name), name, columns[name], value)
            row[name] = values.to_column(value, columns[name], field, is_described)
    row.update({field: None for field in meta.unique if row.get(field) == ""})
    return row


def _check_holds(
    doctype: str, wanted: schema.Wanted | None, field: str, column: schema.Column, value: Any
) -> None:
    """Refuse what the column would not hold as it is described, or would cut.

    A column of the described kind makes of a value what Frappe does: an Int of 2.75 is 2.
    """
    if value is None or (wanted and wanted.fits(column)):
        return
    if wanted and not wanted.widens(column):
        raise ValidationError(schema.unfit_text(doctype, wanted, column))
    is_longer = column.size is not None and len(str(value)) > column.size
    if not is_longer and not values.is_cut(value, column.kind):
        return
    command = "frappe-celery migrate"
    if wanted is None:
        if column.kind != "date":
            return  # `to_column` says which kind the first document's was
        command += f" --doctype {doctype!r} {field}=datetime"
    raise ValidationError(
        f"the column {field!r} of {doctype!r} holds {column}, not all of {value!r:.60};"
        f" `{command}` widens it" + (f" to {wanted}, which the app describes" if wanted else "")
    )


def prepare(doctype: str, fields: Mapping[str, Any]) -> None:
    """Make the columns of a row that are not there, before anything else is written."""
    _with_columns(doctype, fields, schema.described(doctype).is_known)


def _with_columns(doctype: str, fields: Mapping[str, Any], is_described: bool) -> schema.Columns:
    columns = _columns(doctype)
    lacking = _lacking(doctype, fields, columns, is_described)
    if columns and not lacking:
        return columns
    if lacking:  # another process may have made them
        columns = _columns(doctype, anew=True)
        lacking = _lacking(doctype, fields, columns, is_described)
    if not columns or lacking:
        _make(doctype, lacking, bool(columns))
    return _columns(doctype)


def _lacking(
    doctype: str, fields: Mapping[str, Any], columns: schema.Columns, is_described: bool
) -> list[schema.Wanted]:
    present = {name.lower() for name in columns} | {"name"}
    absent = {field for field in fields if field.lower() not in present}
    if not absent and columns:
        return []
    if is_described or doctype in schema.CORE:
        return [column for column in schema.wanted_of(doctype) if column.name in absent]
    known = {column.name for column in schema.wanted_of(doctype)} if not columns else set()
    return [
        schema.wanted(field, values.kind_of(fields[field]))
        for field in fields
        if field in absent and field not in known and fields[field] is not None
    ]


def _make(doctype: str, lacking: list[schema.Wanted], is_there: bool) -> None:
    is_known = schema.described(doctype).is_known
    if is_there:
        fields = ", ".join(column.name for column in lacking)
        what = f"the table of {doctype!r} has no column for {fields}"
        change: Any = lambda connection: schema.add_columns(connection, doctype, lacking)  # noqa: E731
    else:
        what = f"{doctype!r} has no table"
        more = [] if is_known else lacking
        change = lambda connection: schema.make_table(connection, doctype, more)  # noqa: E731
    command = "frappe-celery migrate"
    if not is_known:
        pairs = " ".join(f"{column.name}={column.kind.split()[-1]}" for column in lacking)
        command += f" --doctype {doctype!r} {pairs}".rstrip()
    local.db.transaction.alter(change, f"{what}; `{command}` makes it")


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``').replace('%', '%%')}`"


def contents(doctype: str) -> list[tuple[Any, ...]]:
    """All that a doctype's rows hold: to see whether anything changed."""
    if not _columns(doctype):
        return []
    return list(run(f"select * from `tab{doctype}` order by `name`", (), False)[1])


# -- defaults


def get_default(key: str, parent: str) -> Any:
    """A kept default."""
    rows = select("DefaultValue", {"parent": parent, "defkey": key}, fields=["defvalue"], limit=1)
    return rows[0]["defvalue"] if rows else None


def set_default(key: str, value: Any, parent: str) -> None:
    """Keep a default."""
    filters = {"parent": parent, "defkey": key}
    if not update_where("DefaultValue", filters, {"defvalue": value}):
        own = {
            "name": generate_hash(length=10),
            "parenttype": parent,
            "parentfield": "system_defaults",
        }
        insert("DefaultValue", {**own, **filters, "defvalue": value})


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
    group_by: str | None = None,
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
        NeedsFrappeSite: a form of Frappe's that is not here, such as `join`.
    """
    for argument in _UNSUPPORTED_ARGUMENTS:
        if others.get(argument):
            raise unsupported(f"get_all({argument}=…)")
    fields, filters = _told_apart(fields, filters)
    rows = select(
        doctype,
        filters,
        or_filters=or_filters,
        order_by=order_by,
        start=int(start or limit_start or 0),
        limit=int(limit or page_length or limit_page_length or 0) or None,
        fields=[pluck] if pluck and not fields else fields or ["name"],
        group_by=group_by,
        distinct=distinct,
    )
    if pluck:
        return [row.get(bare(pluck), row.get(pluck)) for row in rows]
    if as_list:
        return [tuple(row.values()) for row in rows]
    return [_dict(row).update(update or {}) for row in rows]


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
