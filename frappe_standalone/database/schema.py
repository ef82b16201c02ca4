"""The tables that documents lie in: `tab<DocType>`, the columns they have and shall have.

A doctype that an app describes has the columns that its JSON names, with Frappe's types; any other
one gets its columns as documents bring them. What a table has is read from the database itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

NAME_LENGTH = 140
DECIMAL_PLACES = 9
"""Those of Frappe's Float and Currency columns."""


@dataclass(frozen=True)
class Column:
    """A column, as it is or as it shall be."""

    name: str
    type: str
    """text, check, int, long int, float, decimal, date, datetime, time or json."""
    size: int | None = None
    """The most characters of a text; None: any number."""
    null: bool = True
    index: bool = False
    unique: bool = False
    places: int = field(default=DECIMAL_PLACES, compare=False)
    """How many decimals of a number are kept."""

    @cached_property
    def kind(self) -> str:
        """What kind of value it holds: text, int, float, date, datetime, time or json."""
        return _KINDS.get(self.type, self.type)

    def __str__(self) -> str:
        return f"{self.kind} of {self.size} characters" if self.size else self.kind

    def fits(self, there: Column) -> bool:
        """Whether that one is of this kind and holds all that this shall."""
        if self.kind != there.kind:
            return False
        if self.kind == "int":
            return _REACH.index(there.type) >= _REACH.index(self.type)
        return there.size is None or (self.size is not None and self.size <= there.size)

    def widens(self, there: Column) -> bool:
        """Whether that one, which does not fit, can become this with all that it holds."""
        return self.kind == there.kind or (there.kind, self.kind) in _WIDER


Columns = dict[str, Column]

_REACH = ("check", "int", "long int")
_KINDS = {**dict.fromkeys(_REACH, "int"), "decimal": "float"}
_WIDER = {("int", "float"), ("date", "datetime")}
_TYPES = {
    **dict.fromkeys(("varchar", "character varying", "text", "longtext", "mediumtext"), "text"),
    **dict.fromkeys(("smallint", "tinyint", "boolean"), "check"),
    **dict.fromkeys(("integer", "int"), "int"),
    **dict.fromkeys(("real", "double", "double precision"), "float"),
    **dict.fromkeys(("decimal", "numeric"), "decimal"),
    **dict.fromkeys(("datetime", "timestamp", "timestamp without time zone"), "datetime"),
    **dict.fromkeys(("time", "time without time zone", "timedelta"), "time"),
    "bigint": "long int",
    "json": "json",
    "date": "date",
}
"""What each database calls a type of ours."""
_LISTS = {
    "sqlite": 'select name, lower(type), "notnull" = 0, 0, 0 from pragma_table_info(%s)',
    "mysql": (
        "select column_name, data_type, is_nullable = 'YES', character_maximum_length,"
        " collation_name = 'utf8mb4_bin' from information_schema.columns"
        " where table_schema = database() and table_name = %s"
    ),
    "postgresql": (  # its information_schema takes twice as long
        "select attname, format_type(coalesce(nullif(typbasetype, 0), t.oid), null),"
        " not (attnotnull or typnotnull), nullif(greatest(atttypmod, typtypmod), -1) - 4,"
        " (select collname from pg_collation where oid = attcollation) = 'C'"
        " from pg_attribute join pg_type t on t.oid = atttypid"
        " where attrelid = to_regclass(format('%%I.%%I', current_schema(), %s::text))"
        " and attnum > 0 and not attisdropped order by attnum"
    ),
}


def sized(name: str, **more: Any) -> Column:
    """A column for names and other short texts."""
    return Column(name, "text", NAME_LENGTH, **more)


STANDARD = (
    Column("creation", "datetime"),
    Column("modified", "datetime", index=True),
    sized("modified_by"),
    sized("owner"),
    Column("docstatus", "check", null=False),
    Column("idx", "int", null=False),
)
"""What every document has beside its name."""
CHILD_COLUMNS = (sized("parent", index=True), sized("parentfield"), sized("parenttype"))
OPTIONAL = tuple(
    Column(f"_{name}", "text") for name in ("user_tags", "comments", "assign", "liked_by")
)
"""What Frappe adds to every table of documents that are no child rows."""
CORE: dict[str, tuple[Column, ...]] = {
    "Singles": (sized("doctype"), sized("field"), Column("value", "text"), sized("kind")),
    "Series": (Column("current", "long int", null=False),),
}
"""Tables that are no doctypes'. `kind` of Singles is ours: what a value is where no app says it."""

described: Callable[[str], Any]
"""What is known of a doctype: a `Meta`."""
all_described: Callable[[], list[str]]
"""The doctypes that the site's apps describe."""


def describe_by(reader: Callable[[str], Any], lister: Callable[[], list[str]]) -> None:
    """Brought by the package, of what stands above."""
    global described, all_described
    described, all_described = reader, lister


def table_name(doctype: str) -> str:
    return f"tab{doctype}"


def doctype_of(table: Any) -> str:
    """Whose documents lie in a table of the query builder's; a doctype is one already."""
    return str(getattr(table, "_table_name", table)).removeprefix("tab")


def run(connection: BaseDatabaseWrapper, statement: str, values: Any = None) -> list[Any]:
    """The rows of a statement in the database's own words."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []


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
    rows = run(connection, _LISTS[connection.vendor], (table_name(doctype),))
    return {name: _column(connection.vendor, name, *rest) for name, *rest in rows}


def _column(vendor: str, name: str, declared: str, null: Any, size: Any, is_binary: Any) -> Column:
    called, _, length = declared.partition("(")
    if length:
        size = int(length.split(")")[0])
    made = _TYPES.get(called) or _TYPES.get(called.split()[0], "text")
    if is_binary:
        made = "json"
    elif vendor == "sqlite" and made in _REACH:  # its integers are all of one size
        made = "long int"
    is_sized = called in ("varchar", "character varying")
    return Column(name, made, size if is_sized else None, bool(null))


def forget(connection: BaseDatabaseWrapper | None = None, doctype: str | None = None) -> None:
    """Read the database again when it is next asked about."""
    if connection is None:
        _known.clear()
        _uncommitted.clear()
    elif doctype is None:
        _known.pop(_database(connection), None)
    else:
        _known.get(_database(connection), {}).pop(doctype, None)


def changes(connection: BaseDatabaseWrapper, doctype: str) -> None:
    """A table is about to be changed: what was known of it is not so any more."""
    forget(connection, doctype)
    if connection.in_atomic_block:
        _uncommitted.add((*_database(connection), doctype))


def settle(connection: BaseDatabaseWrapper) -> None:
    """The transaction is over: what the database says from now on can be kept."""
    its = {key for key in _uncommitted if key[:2] == _database(connection)}
    _uncommitted.difference_update(its)


# -- what there shall be


def name_of(doctype: str) -> Column:
    """The column of a doctype's names."""
    is_number = doctype not in CORE and described(doctype).autoname == "autoincrement"
    return Column("name", "long int") if is_number else sized("name")


def wanted_of(doctype: str) -> list[Column]:
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
        if column.name.lower() != "name":  # the key, also where an old doctype lists it as a field
            found.setdefault(column.name, column)
    return list(found.values())


def missing(there: Iterable[str], doctype: str, more: Iterable[Column] = ()) -> list[Column]:
    """Those that a table lacks; names count without case, as in every database."""
    present = {name.lower() for name in there}
    return [column for column in [*wanted_of(doctype), *more] if column.name.lower() not in present]


def wanted(name: str, kind: str) -> Column:
    """A column for values of a kind, where no app describes it."""
    return Column(name, "long int" if kind == "int" else kind, index=kind == "text")


def unfit_text(doctype: str, column: Column, there: Column) -> str:
    """Says that a column cannot become what is wanted, and what to do."""
    return (
        f"the column {column.name!r} of {doctype!r} holds {there}, and {column} is wanted: its"
        " values may not survive that. Describe the field as it was, or name the new one otherwise"
        " and carry the values over"
    )
