"""Tables made, given columns, widened and emptied, in every database's own words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from frappe_standalone.database import new_site, schema
from frappe_standalone.database.schema import CORE, NAME_LENGTH, Column, run, table_name
from frappe_standalone.exceptions import CannotAlter

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_COLLATION = "frappe"
"""PostgreSQL's collation without case, made in the schema of the tables."""
_CREATE_COLLATION = (
    f"create collation if not exists {_COLLATION}"
    " (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
)
"""Neither case nor accents count, as in MariaDB's utf8mb4_unicode_ci."""
_VENDORS = ("sqlite", "mysql", "postgresql")
_TYPES = {
    "text": ("text", "longtext", "text"),
    "int": ("integer", "integer", "integer"),
    "long int": ("integer", "bigint", "bigint"),
    "check": ("smallint", "smallint", "smallint"),
    "float": ("double precision", "double precision", "double precision"),
    "decimal": ("real", "numeric(21,9)", "numeric(21,9)"),
    "date": ("date", "date", "date"),
    "datetime": ("datetime", "datetime(6)", "timestamp(6)"),
    "time": ("timedelta text", "time(6)", "time(6)"),
    "json": ("json text", "json", 'text collate "C"'),  # jsonb changes numbers
}
_WITHOUT_CASE = {"sqlite": " collate nocase", "postgresql": f" collate {_COLLATION}"}
_TABLE_OPTIONS = {"mysql": " row_format=dynamic character set utf8mb4 collate utf8mb4_unicode_ci"}

_MOST_INDEXED = 50
"""Columns up to which texts of any length get an index: MariaDB makes 64 of a table."""


def extend(
    connection: BaseDatabaseWrapper,
    doctype: str,
    more: Iterable[Column] = (),
    there: schema.Columns | None = None,
) -> list[Column]:
    """Make a doctype's table, or give it the columns that it lacks: those that were made.

    Args:
        more: columns beside those that are described.
        there: what it has, where that was read.
    """
    there = schema.columns(connection, doctype) if there is None else there
    lacking = schema.missing(there, doctype, more)
    table = connection.ops.quote_name(table_name(doctype))
    if there:
        statements = [
            f"alter table {table} add column {_definition(connection, column)}"
            for column in lacking
        ]
    else:
        names = ("doctype", "field") if doctype == "Singles" else ("name",)
        first = [schema.name_of(doctype)] if names == ("name",) else []
        parts = [_definition(connection, column) for column in [*first, *lacking]]
        key = ", ".join(map(connection.ops.quote_name, names))
        statements = [
            f"create table if not exists {table} ({', '.join(parts)}, primary key ({key}))"
            f"{_TABLE_OPTIONS.get(connection.vendor, '')}"
        ]
    if lacking:
        indexes = _indexes(connection, doctype, lacking, len(there))
        _change(connection, doctype, [*statements, *indexes])
    return lacking


def widen_column(
    connection: BaseDatabaseWrapper, doctype: str, there: Column, column: Column
) -> None:
    """Have a column hold more; what is in it stays. A text of any length keeps no index."""
    column = replace(column, null=there.null)
    quote = connection.ops.quote_name
    table, name = quote(table_name(doctype)), quote(column.name)
    index = quote(_index_name(table_name(doctype), column.name))
    unindex = f"drop index if exists {index}"
    if connection.vendor == "sqlite":
        old = quote(f"{column.name} as it was")
        value = f"{old} || ' 00:00:00'" if there.kind == "date" else old
        statements = [
            unindex,
            f"alter table {table} rename column {name} to {old}",
            f"alter table {table} add column {_definition(connection, column)}",
            f"update {table} set {name} = {value}",
            f"alter table {table} drop column {old}",
        ]
    else:
        is_mysql = connection.vendor == "mysql"
        is_long = column.kind == "text" and not column.size
        statements = [f"{unindex} on {table}" if is_mysql else unindex] if is_long else []
        change = f"modify {_definition(connection, column)}"
        if not is_mysql:
            change = f"alter column {name} type {_type(connection, column)}"
        statements.append(f"alter table {table} {change}")
    number = len(schema.columns(connection, doctype))
    _change(connection, doctype, [*statements, *_indexes(connection, doctype, [column], number)])


def _definition(connection: BaseDatabaseWrapper, column: Column) -> str:
    default = "" if column.null else " not null default 0"
    return f"{connection.ops.quote_name(column.name)} {_type(connection, column)}{default}"


def _type(connection: BaseDatabaseWrapper, column: Column) -> str:
    declared = _TYPES[column.type][_VENDORS.index(connection.vendor)]
    made = f"varchar({column.size})" if column.size else declared
    return made + (_WITHOUT_CASE.get(connection.vendor, "") if column.kind == "text" else "")


def _indexes(
    connection: BaseDatabaseWrapper, doctype: str, wanted: Iterable[Column], number: int
) -> list[str]:
    """Of texts of any length only on MariaDB, which takes twice as long to read through these.

    Args:
        number: of the columns that are there.
    """
    table, vendor = table_name(doctype), connection.vendor
    order = " nulls first" if vendor == "postgresql" else ""  # as `Select.order` asks
    room = _MOST_INDEXED - number if vendor == "mysql" else 0
    quote = connection.ops.quote_name
    statements = []
    for column in wanted:
        is_long = column.kind == "text" and not column.size
        if not (column.index or column.unique) or (is_long and (column.unique or room <= 0)):
            continue
        room -= 1
        statements.append(
            f"create {'unique ' if column.unique else ''}index if not exists"
            f" {quote(_index_name(table, column.name))} on {quote(table)}"
            f" ({quote(column.name)}{f'({NAME_LENGTH})' if is_long else order})"
        )
    return statements


def _index_name(table: str, column: str) -> str:
    """Within 63 characters, PostgreSQL's most, where names of indexes are a schema's."""
    import zlib

    name = f"{table}_{column}"
    return name if len(name) <= 60 else f"{name[:50]}_{zlib.crc32(name.encode()):08x}"


def _change(connection: BaseDatabaseWrapper, doctype: str, statements: list[str]) -> None:
    from django.db import DatabaseError

    schema.changes(connection, doctype)
    for statement in statements:
        try:
            run(connection, statement)
        except DatabaseError as error:
            error.args = (*error.args[:-1], f"{table_name(doctype)}: {error.args[-1]}")
            raise


# -- all of them


def make(
    connection: BaseDatabaseWrapper, doctypes: Iterable[str], more: Iterable[Column] = ()
) -> dict[str, list[str]]:
    """Bring the tables of doctypes up to their descriptions; what each was given.

    Args:
        more: columns beside those that are described.

    Raises:
        CannotAlter: columns are of kinds that cannot become what is described; nothing was changed.
    """
    doctypes, more = list(doctypes), list(more)
    schema.forget(connection)
    before = {doctype: schema.columns(connection, doctype) for doctype in doctypes}
    narrow = {doctype: _narrow(before[doctype], doctype, more) for doctype in doctypes}
    unfit = [
        schema.unfit_text(doctype, column, there)
        for doctype, found in narrow.items()
        for there, column in found
        if not column.widens(there)
    ]
    if unfit:
        raise CannotAlter("; ".join(unfit))
    made: dict[str, list[str]] = {}
    for doctype in doctypes:
        added = extend(connection, doctype, more, before[doctype])
        found = [column.name for column in added]
        for old, column in narrow[doctype]:
            widen_column(connection, doctype, old, column)
            found.append(f"{column.name}: {old} is now {column}")
        if found:
            made[doctype] = found
    new_site.fill(connection, doctypes)
    return made


def _narrow(there: schema.Columns, doctype: str, more: list[Column]) -> list[tuple[Column, Column]]:
    """The columns of a table that are not what they shall be."""
    spelled = {name.lower(): name for name in there}
    found = []
    for column in [*schema.wanted_of(doctype), *more]:
        name = spelled.get(column.name.lower())
        if name is not None and not column.fits(there[name]):
            found.append((there[name], replace(column, name=name)))
    return found


OWN = "frappe_celery"
"""Under this doctype Singles say whose the database is."""
OWN_DOCTYPES = ("Scheduled Job Type", "Scheduled Job Log", "Scheduler Event", "Error Log")


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete every document of a database but a new site's; it stays the site's that it is of."""
    for table in connection.introspection.table_names():
        doctype = table.removeprefix("tab")
        is_ours = doctype in CORE or "docstatus" in schema.columns(connection, doctype)
        if is_ours and doctype != table:
            but = f" where doctype <> '{OWN}'" if doctype == "Singles" else ""
            run(connection, f"delete from {connection.ops.quote_name(table)}{but}")
            new_site.fill(connection, [doctype])


def empty_all() -> None:
    """The same of each database that this process has opened."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            empty(connection)


def has_core(connection: BaseDatabaseWrapper) -> bool:
    """Whether the tables are there that every site has."""
    return bool(schema.columns(connection, "DefaultValue"))  # the last one to be made


def make_core(connection: BaseDatabaseWrapper, site: str) -> None:
    """Make the tables that every site needs, whatever its apps are."""
    from django.db import transaction

    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            run(connection, _CREATE_COLLATION)
        make(connection, [*CORE, *OWN_DOCTYPES, *new_site.DOCTYPES, "DefaultValue"])
        if connection.alias == "default":
            singles = _singles(connection)
            run(connection, f"delete from {singles} where doctype = %s", (OWN,))
            insert = f"insert into {singles} (doctype, field, value) values (%s, %s, %s)"
            run(connection, insert, (OWN, "site", site))
    schema.settle(connection)


def owner(connection: BaseDatabaseWrapper) -> str:
    """The site that a database was made for."""
    rows = run(connection, f"select value from {_singles(connection)} where doctype = %s", (OWN,))
    return rows[0][0] if rows else ""


def _singles(connection: BaseDatabaseWrapper) -> str:
    return connection.ops.quote_name(table_name("Singles"))
