"""MariaDB's SQL as SQLite's and PostgreSQL's, by sqlglot, which is imported with the first need.

`dialect` keeps what is made here. What sqlglot leaves to its users is in `mariadb_sql`,
`sqlite_sql` and `postgres_sql`.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError

from frappe_celery.host import UnreadableStatement
from frappe_standalone.database import called, mariadb_sql, postgres_sql, sqlite_sql
from frappe_standalone.database.dialect import KEPT, Columns, Key, OfKind, Parts, apart
from frappe_standalone.database.kinds import Kinds
from frappe_standalone.missing import not_carried

__all__ = ["SqlglotError", "carried", "with_columns"]

_NOT_CARRIED = (exp.Command, exp.Show, exp.Set, exp.Alter, exp.Create, exp.Drop, exp.TruncateTable)
_REPLACE = re.compile(r"\A\s*replace\s+(into\s+)?", re.I)
_TARGETS: dict[str, tuple[Callable[[exp.Expr, Kinds], None], type[sqlglot.Dialect]]] = {
    "postgresql": (postgres_sql.prepare, postgres_sql.ToPostgres),
    "sqlite": (sqlite_sql.prepare, sqlite_sql.ToSQLite),
}


def carried(
    text: str, has_values: bool, vendor: str, columns: Columns, numbers: tuple[int, ...]
) -> Parts:
    """A statement taken apart, for that database.

    Args:
        columns: gives what a doctype's table has.
        numbers: which of the placeholders are given numbers.

    Raises:
        NeedsFrappeSite: it cannot be carried there; shows the statement.
        UnreadableStatement: it cannot be read; shows it and where.
    """
    _, doctypes, names = _read(text, has_values)
    kinds = []
    for doctype in doctypes:
        there = columns(doctype)
        for name in there if _REPLACE.match(text) else names:
            spelled = name if name in there else name.lower()
            kinds += [(doctype, spelled, there[spelled].kind)] if spelled in there else []
    return _carried(text, has_values, vendor, tuple(kinds), numbers)


@lru_cache(maxsize=KEPT)
def _carried(
    text: str,
    has_values: bool,
    vendor: str,
    fields: tuple[tuple[str, str, str], ...],
    numbers: tuple[int, ...],
) -> Parts:
    tree = copy.deepcopy(_read(text, has_values)[0])
    given_numbers = {f"f{number}" for number in numbers}
    kinds = Kinds({(doctype, name): kind for doctype, name, kind in fields}, given_numbers)
    _, keys, _ = apart(text, has_values)
    try:
        if isinstance(tree, _NOT_CARRIED):
            raise ParseError(f"{text.split()[0].upper()} is not carried")
        if _REPLACE.match(text):
            changes = mariadb_sql.all_of(tree, fields)
            tree.set("conflict", exp.OnConflict(duplicate=True, expressions=changes))
        mariadb_sql.spell(tree, {name for _, name, _ in fields})
        mariadb_sql.change_one_table(tree)
        times = sqlite_sql.times(tree, kinds) if vendor == "sqlite" else ()
        mariadb_sql.sum_floats(tree)
        prepare, dialect = _TARGETS[vendor]
        prepare(tree, kinds)
        made = tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE, identify=True)
    except SqlglotError as exc:
        raise not_carried(text, vendor, str(exc)) from exc
    made_texts, *rest = made.split(mariadb_sql.MARK)
    return (made_texts, *rest[1::2]), tuple(_key(each, keys) for each in rest[::2]), times


def _key(mark: str, keys: tuple[Key, ...]) -> Key | OfKind:
    """What fills a placeholder: `:now`, `f0` or, where the value meets a number, `f0.number`."""
    if mark.startswith(":"):
        return mark
    number, _, kind = mark[1:].partition(".")
    return OfKind(keys[int(number)], kind) if kind else keys[int(number)]


@lru_cache(maxsize=KEPT)
def _read(text: str, has_values: bool) -> tuple[exp.Expr, tuple[str, ...], tuple[str, ...]]:
    """The tree, the doctypes whose tables it names, and the names of its columns, `name` always."""
    marked = _REPLACE.sub("insert into ", _marked(text, has_values), count=1)
    try:
        read = sqlglot.parse(marked, dialect=mariadb_sql.FromMariaDB)
    except SqlglotError as exc:
        where = exc.errors[0] if isinstance(exc, ParseError) and exc.errors else {}
        near = f", near {where['highlight']!r}" if where.get("highlight") else ""
        raise UnreadableStatement(f"the statement cannot be read{near}: {text}") from exc
    trees = [each for each in read if each is not None and not isinstance(each, exp.Semicolon)]
    if len(trees) != 1:
        raise UnreadableStatement(f"one statement is run at a time, here are {len(trees)}: {text}")
    (tree,) = trees
    tables = {table.name for table in tree.find_all(exp.Table)}
    doctypes = sorted(name.removeprefix("tab") for name in tables if name.startswith("tab"))
    names = {"name", *(each.name for each in tree.find_all(exp.Column))}
    return tree, tuple(doctypes), tuple(sorted(names))


def _marked(text: str, has_values: bool) -> str:
    """The text with names for its placeholders."""
    texts, _, _ = apart(text, has_values)
    return texts[0] + "".join(f":f{n}{following}" for n, following in enumerate(texts[1:]))


# -- what only reads

_CHANGES = (exp.DML, exp.Command, exp.Into, exp.Lock, exp.NextValueFor)


@lru_cache(maxsize=1024)
def only_reads(text: str, has_values: bool, more: tuple[str, ...]) -> bool:
    """Whether it is one SELECT that changes, locks and opens nothing, for `frappe.db.sql`.

    A placeholder in quotes would on MariaDB be filled with what ends the text.

    Raises:
        PermissionError: it calls what is neither known to do so nor among `more`.
    """
    tree, _, _ = _read(text, has_values)
    if not isinstance(tree, exp.Query) or tree.find(*_CHANGES):
        return False
    called.check(_marked(text, has_values), tree, more)
    places = sorted(each.name for each in tree.find_all(exp.Placeholder))
    return places == sorted(f"f{number}" for number, _ in enumerate(apart(text, has_values)[1]))


# -- expressions in `fields`, `filters`, `order_by`


@lru_cache(maxsize=1024)
def _expression(text: str, more: tuple[str, ...]) -> exp.Expr:
    parsed = sqlglot.parse_one(f"select {text}", dialect=mariadb_sql.FromMariaDB)
    if not isinstance(parsed, exp.Select) or len(parsed.expressions) != 1 or parsed.find(exp.From):
        raise ParseError(text)
    found: exp.Expr = parsed.expressions[0]
    if isinstance(found, exp.Alias) or found.find(*_CHANGES):
        raise ParseError(text)
    called.check(text, found, more)
    return found


def with_columns(text: str, column: Callable[..., tuple[str, Any]]) -> str:
    """An expression with its fields looked up; one that holds a query stays as it is.

    Raises:
        PermissionError: it calls what is not known to read and do nothing else.
    """
    found = _expression(text, called.added())
    if found.find(exp.Query):
        return text
    found = copy.deepcopy(found)

    def looked_up(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Column) or isinstance(node.this, exp.Star):
            return node
        doctype = node.table.removeprefix("tab") if node.table.startswith("tab") else None
        path = node.table if node.table and doctype is None else None
        return sqlglot.parse_one(
            column(node.name, doctype, path)[0], dialect=mariadb_sql.FromMariaDB
        )

    return found.transform(looked_up).sql(dialect=mariadb_sql.FromMariaDB)
