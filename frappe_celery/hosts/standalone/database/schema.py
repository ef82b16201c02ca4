"""The tables that documents lie in: `tab<DocType>`, their columns, and how they come to be.

A doctype that an app describes has the columns that its JSON names, with Frappe's types; any other
one gets its columns as documents bring them. What a table has is read from the database itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from frappe_celery.hosts.standalone.exceptions import CannotAlter

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

NAME_LENGTH = 140
COLLATION = "frappe"
"""PostgreSQL's collation without case, made in the schema of the tables."""
_CREATE_COLLATION = (
    f"create collation if not exists {COLLATION}"
    " (provider = icu, locale = 'und-u-ks-level1', deterministic = false)"
)
"""Neither case nor accents count, as in MariaDB's utf8mb4_unicode_ci."""


@dataclass(frozen=True)
class Column:
    """A column as it is read: what kind of value it holds."""

    kind: str
    """text, int, float, date, datetime, time or json."""
    null: bool = True
    size: int | None = None
    """The most characters of a text; None: any number."""
    width: int = 2
    """How far an int reaches: 0 a Check's, 1 an Int's, 2 a Long Int's."""

    def __str__(self) -> str:
        return _called(self.kind, self.size)


@dataclass(frozen=True)
class Wanted:
    """A column to make."""

    name: str
    kind: str
    """One of `Column`'s, or check, long int, decimal."""
    size: int | None = None
    null: bool = True
    index: bool = False
    unique: bool = False

    def __str__(self) -> str:
        return _called(_FAMILIES.get(self.kind, self.kind), self.size)

    def fits(self, column: Column) -> bool:
        """Whether the column is of this kind and holds all that is wanted."""
        if _FAMILIES.get(self.kind, self.kind) != column.kind:
            return False
        if column.kind == "int":
            return column.width >= _WIDTHS[self.kind]
        return column.size is None or (self.size is not None and self.size <= column.size)

    def widens(self, column: Column) -> bool:
        """Whether a column that does not fit can become this with all that it holds."""
        family = _FAMILIES.get(self.kind, self.kind)
        return family == column.kind or (column.kind, family) in _WIDER


def _called(kind: str, size: int | None) -> str:
    return f"{kind} of {size} characters" if size else kind


Columns = dict[str, Column]

_FAMILIES = {"check": "int", "long int": "int", "decimal": "float"}
_WIDER = {("int", "float"), ("date", "datetime")}
_WIDTHS = {"check": 0, "int": 1, "long int": 2}
_DECLARED_WIDTHS = {"tinyint": 0, "boolean": 0, "smallint": 0, "int": 1, "integer": 1}

_TYPES = {
    "sqlite": {
        "text": "text collate nocase",
        "int": "integer",
        "long int": "integer",
        "check": "integer",
        "float": "real",
        "decimal": "real",
        "date": "date",
        "datetime": "datetime",
        "time": "timedelta text",
        "json": "json text",
    },
    "mysql": {
        "text": "longtext",
        "int": "int",
        "long int": "bigint",
        "check": "tinyint",
        "float": "double",
        "decimal": "decimal(21,9)",
        "date": "date",
        "datetime": "datetime(6)",
        "time": "time(6)",
        "json": "json",
    },
    "postgresql": {
        "text": f"text collate {COLLATION}",
        "int": "integer",
        "long int": "bigint",
        "check": "smallint",
        "float": "double precision",
        "decimal": "numeric(21,9)",
        "date": "date",
        "datetime": "timestamp(6)",
        "time": "time(6)",
        "json": 'text collate "C"',  # jsonb would change numbers
    },
}
_SIZED = {
    "sqlite": "varchar({}) collate nocase",
    "mysql": "varchar({})",
    "postgresql": f"varchar({{}}) collate {COLLATION}",
}
_KINDS = {
    **dict.fromkeys(("varchar", "character varying", "text", "longtext", "mediumtext"), "text"),
    **dict.fromkeys(("integer", "int", "bigint", "smallint", "tinyint", "boolean"), "int"),
    **dict.fromkeys(("real", "double", "double precision", "decimal", "numeric"), "float"),
    **dict.fromkeys(("datetime", "timestamp", "timestamp without time zone"), "datetime"),
    **dict.fromkeys(("time", "time without time zone", "timedelta"), "time"),
    "json": "json",
    "date": "date",
}
_LIST = {
    "sqlite": 'select name, lower(type), "notnull" = 0, 0, 0 from pragma_table_info(%s)',
    "mysql": "select column_name, data_type, is_nullable = 'YES', character_maximum_length,"
    " collation_name = 'utf8mb4_bin' from information_schema.columns"
    " where table_schema = database() and table_name = %s",
    "postgresql": "select column_name, data_type, is_nullable = 'YES', character_maximum_length,"
    " collation_name = 'C' from information_schema.columns"
    " where table_schema = current_schema() and table_name = %s",
}
_TABLE_OPTIONS = {"mysql": " row_format=dynamic character set utf8mb4 collate utf8mb4_unicode_ci"}


def _sized(name: str, **more: Any) -> Wanted:
    return Wanted(name, "text", NAME_LENGTH, **more)


STANDARD = (
    Wanted("creation", "datetime"),
    Wanted("modified", "datetime", index=True),
    _sized("modified_by"),
    _sized("owner"),
    Wanted("docstatus", "check", null=False),
    Wanted("idx", "int", null=False),
)
"""What every document has beside its name."""
CHILD_COLUMNS = (_sized("parent", index=True), _sized("parentfield"), _sized("parenttype"))
OPTIONAL = tuple(
    Wanted(f"_{name}", "text") for name in ("user_tags", "comments", "assign", "liked_by")
)
"""What Frappe adds to every table of documents that are no child rows."""
CORE: dict[str, tuple[Wanted, ...]] = {
    "Singles": (_sized("doctype"), _sized("field"), Wanted("value", "text"), _sized("kind")),
    "Series": (Wanted("current", "long int", null=False),),
}
"""Tables that are no doctypes'. `kind` of Singles is ours: what a value is where no app says it."""

_describe: Callable[[str], Any] | None = None


def describe_by(reader: Callable[[str], Any]) -> None:
    """Brought by `documents.meta`: gives a doctype's description, a `Meta`."""
    global _describe
    _describe = reader


def described(doctype: str) -> Any:
    """What is known of a doctype."""
    assert _describe is not None, "documents.meta is imported with the first document"
    return _describe(doctype)


def quoted(connection: BaseDatabaseWrapper, name: str) -> str:
    """A name as the database's own SQL writes it."""
    mark = '"' if connection.vendor == "postgresql" else "`"  # "x" can be a text on SQLite
    return mark + name.replace(mark, mark * 2) + mark


def table_name(doctype: str) -> str:
    """Where a doctype's documents lie."""
    return f"tab{doctype}"


# -- what there is

_known: dict[tuple[str, str], dict[str, Columns]] = {}
_uncommitted: set[tuple[str, str, str]] = set()
"""Tables that were changed in a transaction that may be rolled back: nothing of them is kept."""


def _database(connection: BaseDatabaseWrapper) -> tuple[str, str]:
    return connection.alias, str(connection.settings_dict["NAME"])


def columns(connection: BaseDatabaseWrapper, doctype: str) -> Columns:
    """What a doctype's table has; nothing where there is none."""
    database = _database(connection)
    known = _known.setdefault(database, {})
    if doctype in known:
        return known[doctype]
    found = _read(connection, doctype)
    if found and (*database, doctype) not in _uncommitted:
        known[doctype] = found
    return found


def _read(connection: BaseDatabaseWrapper, doctype: str) -> Columns:
    with connection.cursor() as cursor:
        cursor.execute(_LIST[connection.vendor], (table_name(doctype),))
        rows = cursor.fetchall()
    return {name: _column(connection.vendor, *rest) for name, *rest in rows}


def _column(vendor: str, declared: str, null: Any, size: Any, is_binary: Any) -> Column:
    kind, _, length = declared.partition("(")
    is_sized = kind in ("varchar", "character varying")
    if length and is_sized:
        size = int(length.partition(")")[0])
    known = _KINDS.get(kind) or _KINDS.get(kind.split()[0], "text")
    width = 2 if vendor == "sqlite" else _DECLARED_WIDTHS.get(kind, 2)
    return Column("json" if is_binary else known, bool(null), size if is_sized else None, width)


def forget(connection: BaseDatabaseWrapper | None = None, doctype: str | None = None) -> None:
    """Read the database again when it is next asked about."""
    if connection is None:
        _known.clear()
        _uncommitted.clear()
    elif doctype is None:
        _known.pop(_database(connection), None)
    else:
        _known.get(_database(connection), {}).pop(doctype, None)


# -- what there shall be


def wanted_of(doctype: str) -> list[Wanted]:
    """The columns of a doctype beside its name."""
    if doctype in CORE:
        return list(CORE[doctype])
    meta = described(doctype)
    found = {column.name: column for column in STANDARD}
    if meta.istable:
        found |= {column.name: column for column in CHILD_COLUMNS}
    elif meta.is_known:
        found |= {column.name: column for column in OPTIONAL}
    for column in meta.columns():
        found.setdefault(column.name, column)
    return list(found.values())


def missing(there: Iterable[str], doctype: str) -> list[Wanted]:
    """Those that a table lacks; names count without case, as in every database."""
    present = {name.lower() for name in there}
    return [column for column in wanted_of(doctype) if column.name.lower() not in present]


def make_table(connection: BaseDatabaseWrapper, doctype: str, more: Iterable[Wanted] = ()) -> None:
    """Create a doctype's table."""
    wanted = [*wanted_of(doctype), *more]
    names = ("doctype", "field") if doctype == "Singles" else ("name",)
    key = ", ".join(quoted(connection, name) for name in names)
    if names == ("name",):
        wanted.insert(0, _sized("name"))
    parts = [_definition(connection, column) for column in wanted]
    table = quoted(connection, table_name(doctype))
    statement = (
        f"create table if not exists {table} ({', '.join(parts)}, primary key ({key}))"
        f"{_TABLE_OPTIONS.get(connection.vendor, '')}"
    )
    _change(connection, doctype, [statement, *_indexes(connection, doctype, wanted)])


def add_columns(connection: BaseDatabaseWrapper, doctype: str, wanted: list[Wanted]) -> None:
    """Give a doctype's table more columns."""
    table = quoted(connection, table_name(doctype))
    statements = [
        f"alter table {table} add column {_definition(connection, column)}" for column in wanted
    ]
    _change(connection, doctype, [*statements, *_indexes(connection, doctype, wanted)])


def widen_column(
    connection: BaseDatabaseWrapper, doctype: str, there: Column, column: Wanted
) -> None:
    """Have a column hold more; what is in it stays. A text of any length keeps no index."""
    column = replace(column, null=there.null)
    table, name = quoted(connection, table_name(doctype)), quoted(connection, column.name)
    index = quoted(connection, _index_name(table_name(doctype), column.name))
    unindex = f"drop index if exists {index}"
    if connection.vendor == "sqlite":
        old = quoted(connection, f"{column.name} as it was")
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
    _change(connection, doctype, [*statements, *_indexes(connection, doctype, [column])])


def _definition(connection: BaseDatabaseWrapper, column: Wanted) -> str:
    default = "" if column.null else " not null default 0"
    return f"{quoted(connection, column.name)} {_type(connection, column)}{default}"


def _type(connection: BaseDatabaseWrapper, column: Wanted) -> str:
    vendor = connection.vendor
    return _SIZED[vendor].format(column.size) if column.size else _TYPES[vendor][column.kind]


def _indexes(connection: BaseDatabaseWrapper, doctype: str, wanted: Iterable[Wanted]) -> list[str]:
    table = table_name(doctype)
    return [
        f"create {'unique ' if column.unique else ''}index if not exists"
        f" {quoted(connection, _index_name(table, column.name))} on {quoted(connection, table)}"
        f" ({quoted(connection, column.name)})"
        for column in wanted
        if (column.index or column.unique) and (column.size or column.kind != "text")
    ]


def _index_name(table: str, column: str) -> str:
    """Within 63 characters, PostgreSQL's most, where names of indexes are a schema's."""
    import zlib

    name = f"{table}_{column}"
    return name if len(name) <= 60 else f"{name[:50]}_{zlib.crc32(name.encode()):08x}"


def _change(connection: BaseDatabaseWrapper, doctype: str, statements: list[str]) -> None:
    forget(connection, doctype)
    if connection.in_atomic_block:
        _uncommitted.add((*_database(connection), doctype))
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def settle(connection: BaseDatabaseWrapper) -> None:
    """The transaction is over: what the database says from now on can be kept."""
    _uncommitted.difference_update(
        {key for key in _uncommitted if key[:2] == _database(connection)}
    )


# -- all of them


def wanted(name: str, kind: str) -> Wanted:
    """A column for values of a kind, where no app describes it."""
    return Wanted(name, "long int" if kind == "int" else kind)


def make(
    connection: BaseDatabaseWrapper, doctypes: Iterable[str], more: Iterable[Wanted] = ()
) -> dict[str, list[str]]:
    """Bring the tables of doctypes up to their descriptions; what each was given.

    Args:
        more: columns beside those that are described.

    Raises:
        CannotAlter: columns are of kinds that cannot become what is described; nothing was changed.
    """
    doctypes, more = list(doctypes), list(more)
    forget(connection)
    narrow = {doctype: _narrow(columns(connection, doctype), doctype, more) for doctype in doctypes}
    unfit = [
        unfit_text(doctype, column, there)
        for doctype, found in narrow.items()
        for there, column in found
        if not column.widens(there)
    ]
    if unfit:
        raise CannotAlter("; ".join(unfit))
    made: dict[str, list[str]] = {}
    for doctype in doctypes:
        there = columns(connection, doctype)
        lacking = missing(there, doctype) + [each for each in more if each.name not in there]
        if not there:
            make_table(connection, doctype, more)
        elif lacking:
            add_columns(connection, doctype, lacking)
        for old, column in narrow[doctype]:
            widen_column(connection, doctype, old, column)
        if not there or lacking or narrow[doctype]:
            widened = [f"{column.name}: {old} is now {column}" for old, column in narrow[doctype]]
            made[doctype] = [*(column.name for column in lacking), *widened]
    return made


def _narrow(there: Columns, doctype: str, more: list[Wanted]) -> list[tuple[Column, Wanted]]:
    """The columns of a table that are not what they shall be."""
    spelled = {name.lower(): name for name in there}
    found = []
    for column in [*wanted_of(doctype), *more]:
        name = spelled.get(column.name.lower())
        if name is not None and not column.fits(there[name]):
            found.append((there[name], replace(column, name=name)))
    return found


def unfit_text(doctype: str, column: Wanted, there: Column) -> str:
    """Says that a column cannot become what is wanted, and what to do."""
    return (
        f"the column {column.name!r} of {doctype!r} holds {there}, and {column} is wanted: its"
        " values may not survive that. Describe the field as it was, or name the new one otherwise"
        " and carry the values over"
    )


def empty(connection: BaseDatabaseWrapper) -> None:
    """Delete every document of a database."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            doctype = table.removeprefix("tab")
            is_ours = doctype in CORE or "docstatus" in columns(connection, doctype)
            if is_ours and doctype != table:
                cursor.execute(f"delete from {quoted(connection, table)}")


OWN = "frappe_celery"
"""Under this doctype Singles say whose the database is."""
OWN_DOCTYPES = ("Scheduled Job Type", "Scheduled Job Log", "Scheduler Event", "Error Log")


def has_core(connection: BaseDatabaseWrapper) -> bool:
    """Whether the tables are there that every site has."""
    return bool(columns(connection, "DefaultValue"))  # the last one to be made


def make_core(connection: BaseDatabaseWrapper, site: str) -> None:
    """Make them, for that site."""
    from django.db import transaction

    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(_CREATE_COLLATION)
        make(connection, [*CORE, *OWN_DOCTYPES, "DefaultValue"])
        if connection.alias == "default":
            with connection.cursor() as cursor:
                cursor.execute(f"delete from {_singles(connection)} where doctype = %s", (OWN,))
                values = (OWN, "site", site)
                cursor.execute(
                    f"insert into {_singles(connection)} (doctype, field, value)"
                    " values (%s, %s, %s)", values,
                )  # fmt: skip
    settle(connection)


def owner(connection: BaseDatabaseWrapper) -> str:
    """The site that a database was made for."""
    with connection.cursor() as cursor:
        cursor.execute(f"select value from {_singles(connection)} where doctype = %s", (OWN,))
        row = cursor.fetchone()
    return row[0] if row else ""


def _singles(connection: BaseDatabaseWrapper) -> str:
    return quoted(connection, table_name("Singles"))
