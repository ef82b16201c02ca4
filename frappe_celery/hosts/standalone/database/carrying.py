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

from frappe_celery.errors import UnreadableStatement
from frappe_celery.hosts.standalone.database import mariadb_sql, postgres_sql, sqlite_sql
from frappe_celery.hosts.standalone.missing import not_carried

__all__ = ["ParseError", "carried", "with_columns"]

_NOT_CARRIED = (exp.Command, exp.Show, exp.Set, exp.Alter, exp.Create, exp.Drop, exp.TruncateTable)
_REPLACE = re.compile(r"\s*replace\s+(into\s+)?", re.I)
_TARGETS: dict[str, tuple[Callable[[exp.Expr], None], type[sqlglot.Dialect]]] = {
    "postgresql": (postgres_sql.prepare, postgres_sql.ToPostgres),
    "sqlite": (sqlite_sql.prepare, sqlite_sql.ToSQLite),
}


def carried(found: Any, vendor: str) -> Any:
    """A statement taken apart, for that database.

    Raises:
        NeedsFrappeSite: it cannot be carried there; shows the statement.
        UnreadableStatement: it cannot be read; shows it and where.
    """
    texts, keys, _ = found
    text = texts[0] + "".join(
        f":f{number}{following}" for number, following in enumerate(texts[1:])
    )
    shown = "%s".join(texts).strip()
    is_replace = _REPLACE.match(text)
    try:
        tree = _read(_REPLACE.sub("insert into ", text, count=1) if is_replace else text, shown)
        if isinstance(tree, _NOT_CARRIED):
            raise ParseError(f"{shown.split()[0].upper()} is not carried")
        if is_replace:
            tree.set(
                "conflict", exp.OnConflict(duplicate=True, expressions=mariadb_sql.all_of(tree))
            )
        tree = tree.transform(mariadb_sql.by_the_sites_clock)
        mariadb_sql.change_one_table(tree)
        prepare, dialect = _TARGETS[vendor]
        prepare(tree)
        made = tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE, identify=True)
    except SqlglotError as exc:
        raise not_carried(shown, vendor, str(exc)) from exc
    made_texts, *rest = made.split(mariadb_sql.MARK)
    made_keys = [key if key.startswith(":") else keys[int(key[1:])] for key in rest[::2]]
    times = sqlite_sql.times(tree) if vendor == "sqlite" else ()
    return (made_texts, *rest[1::2]), tuple(made_keys), times


def _read(text: str, shown: str) -> exp.Expr:
    try:
        return sqlglot.parse_one(text, dialect=mariadb_sql.FromMariaDB)
    except SqlglotError as exc:
        where = exc.errors[0] if isinstance(exc, ParseError) and exc.errors else {}
        near = f", near {where['highlight']!r}" if where.get("highlight") else ""
        raise UnreadableStatement(f"the statement cannot be read{near}: {shown}") from exc


# -- expressions in `fields`, `filters`, `order_by`


@lru_cache(maxsize=1024)
def _expression(text: str) -> exp.Expr:
    parsed = sqlglot.parse_one(f"select {text}", dialect=mariadb_sql.FromMariaDB)
    if not isinstance(parsed, exp.Select) or len(parsed.expressions) != 1 or parsed.find(exp.From):
        raise ParseError(text)
    found: exp.Expr = parsed.expressions[0]
    if isinstance(found, exp.Alias):
        raise ParseError(text)
    return found


def with_columns(text: str, column: Callable[..., tuple[str, Any]]) -> str:
    """An expression with its fields looked up; one that holds a query stays as it is."""
    found = _expression(text)
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
