"""MariaDB's statements as SQLite's; MariaDB's own functions are there, `sqlite_functions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.generators.sqlite import SQLiteGenerator

from frappe_celery.hosts.standalone.database.mariadb_sql import is_assignment, placeholder

_ADDING = (exp.DateAdd, exp.DatetimeAdd, exp.TimestampAdd, exp.TsOrDsAdd)
_TAKING = (exp.DateSub, exp.DatetimeSub, exp.TimestampSub)
_MYSQL = sqlglot.Dialect.get_or_raise("mysql")
_MYSQL_TIME = (_MYSQL.INVERSE_TIME_MAPPING, _MYSQL.INVERSE_TIME_TRIE)
_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.In, exp.Between)
_INTEGERS = (exp.DataType.Type.BIGINT, exp.DataType.Type.UBIGINT, exp.DataType.Type.INT)
_NUMBERS = (exp.Count, exp.Sum, exp.Avg, exp.Year, exp.Month, exp.Day, exp.Length, exp.Round,
            exp.Abs, exp.DateDiff, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)  # fmt: skip


def prepare(tree: exp.Expr) -> None:
    """Have it compare, group and sort as MariaDB does."""
    for union in list(tree.find_all(exp.SetOperation)):
        for side in (union.this, union.expression):
            if isinstance(side, exp.Subquery):  # SQLite takes none in parentheses
                side.replace(exp.select("*").from_(exp.alias_(side.copy(), "_", table=True)))
    for node in reversed(list(tree.find_all(*_COMPARED))):
        if not is_assignment(node):
            _compare(node)
    for group in list(tree.find_all(exp.Group, exp.Ordered)):
        parts = group.expressions if isinstance(group, exp.Group) else [group.this]
        for part in parts:
            if not isinstance(part, (exp.Column, exp.Literal, exp.Null)):
                part.replace(_without_case(part))
    for cast in list(tree.find_all(exp.Cast)):
        if cast.to.this in _INTEGERS:
            cast.replace(exp.Anonymous(this="frappe_integer", expressions=[cast.this]))


def _compare(node: exp.Expr) -> None:
    """A column compares without case and as its kind by itself, what is computed is told to."""
    first = node.this
    if _is_column(first) or _is_column(node.args.get("expression")):
        return
    for key in ("expression", "low", "high"):
        other = node.args.get(key)
        if other is not None and not _is_column(other):
            node.set(key, _alike(other, first))
            node.set("this", _alike(first, other))
    if isinstance(node, exp.In):
        if isinstance(first, _NUMBERS) and not first.find(exp.Interval):
            # a cast makes numbers of what it is compared with, a list's values too
            node.set("this", exp.Cast(this=first.copy(), to=exp.DataType.build("double")))
        elif node.expressions:
            node.set("expressions", [
                each if isinstance(each, exp.Placeholder) else _alike(each, first)
                for each in node.expressions
            ])  # fmt: skip
            node.set("this", _alike(first, node.expressions[0]))
    node.set("this", _without_case(node.this))


def _is_column(node: exp.Expr | None) -> bool:
    """Whether it is a table's: neither what HAVING names nor what a query within answers."""
    select = node.find_ancestor(exp.Select) if isinstance(node, exp.Column) else None
    if node is None or select is None:
        return isinstance(node, exp.Column)
    if node.find_ancestor(exp.Having, exp.Select) is not select and any(
        each.alias == node.name and not isinstance(each.this, exp.Column)
        for each in select.expressions
    ):
        return False
    source, joins = select.args.get("from_"), select.args.get("joins") or []
    return not any(
        each is not None and isinstance(each.this, exp.Subquery) for each in [source, *joins]
    )


def _alike(what: exp.Expr, other: exp.Expr) -> exp.Expr:
    """A text is compared with a number as a number."""
    is_known = isinstance(what, (*_NUMBERS, exp.Tuple)) or what.is_number or other.is_string
    if is_known:
        return what.copy()
    return exp.Anonymous(this="frappe_alike", expressions=[what.copy(), other.copy()])


def _without_case(node: exp.Expr) -> exp.Expr:
    return exp.Collate(this=exp.Paren(this=node.copy()), expression=exp.var("NOCASE"))


def _interval(node: exp.Expr) -> tuple[exp.Expr, str]:
    """How many of which unit."""
    count = node.expression
    unit = node.args.get("unit")
    if isinstance(count, exp.Interval):
        unit, count = count.args.get("unit"), count.this
    return count, str(unit.name if unit is not None else "DAY").upper()


def times(tree: exp.Expr) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
    """The columns of the answer that are expressions of times, which SQLite gives as text.

    Each with the kind, or with the field whose kind it has and the doctypes that it may be of.
    """
    if not isinstance(tree, exp.Select):
        return ()
    tables = [table.name for table in tree.find_all(exp.Table)]
    doctypes = tuple(name.removeprefix("tab") for name in tables if name.startswith("tab"))
    found: list[tuple[int, str, tuple[str, ...]]] = []
    for number, each in enumerate(tree.expressions):
        what = each.unalias()
        if any(isinstance(part, exp.Timestamp) for part in (what, what.this)):
            found.append((number, "datetime", ()))
        elif isinstance(what, (exp.Date, exp.TsOrDsToDate, exp.LastDay)):
            found.append((number, "date", ()))
        elif isinstance(what, (exp.Min, exp.Max, exp.Coalesce)):
            column = what.this.find(exp.Column)
            if column is not None and not isinstance(column.this, exp.Star):
                found.append((number, column.name, doctypes))
        elif isinstance(what, (*_ADDING, *_TAKING)):
            found.append((number, "either", ()))
    return tuple(found)


def _added(sign: str) -> Callable[[Any, exp.Expr], str]:
    def sql(self: Any, node: exp.Expr) -> str:
        count, unit = _interval(node)
        number = exp.Neg(this=exp.Paren(this=count)) if sign == "-" else count
        made: str = self.func("frappe_add", node.this, number, exp.Literal.string(unit))
        return made

    return sql


def _plus_or_minus(sign: str, otherwise: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
    def sql(self: Any, node: Any) -> str:
        if isinstance(node.expression, exp.Interval):
            return _added(sign)(self, node)
        if isinstance(node.this, exp.Interval) and sign == "+":
            return _added(sign)(self, exp.Add(this=node.expression, expression=node.this))
        return otherwise(self, node)

    return sql


def _formatted(function: str) -> Callable[[Any, Any], str]:
    """MariaDB's function with MariaDB's format."""

    def sql(self: Any, node: Any) -> str:
        form = node.args["format"]
        spelled = self.format_time(node, *_MYSQL_TIME) if form.is_string else self.sql(form)
        return f"{function}({self.sql(node.this)}, {spelled})"

    return sql


def _difference(self: Any, node: Any) -> str:
    unit = exp.Literal.string(str(node.args["unit"].name).upper())
    made: str = self.func("frappe_difference", unit, node.expression, node.this)
    return made


class ToSQLite(SQLite):
    """How the trees are written."""

    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS: ClassVar = ["`"]  # SQLite takes a name in " that is no column for a text

    class Generator(SQLiteGenerator):
        TRANSFORMS = {  # noqa: RUF012 (sqlglot's form)
            **SQLiteGenerator.TRANSFORMS,
            **dict.fromkeys(_ADDING, _added("+")),
            **dict.fromkeys(_TAKING, _added("-")),
            exp.Add: _plus_or_minus("+", lambda self, node: self.binary(node, "+")),
            exp.Sub: _plus_or_minus("-", lambda self, node: self.binary(node, "-")),
            exp.Placeholder: placeholder,
            exp.TimestampDiff: _difference,
            exp.DateDiff: lambda self, node: self.func("datediff", node.this, node.expression),
            exp.Length: lambda self, node: (
                f"LENGTH(CAST({self.sql(node.this)} AS BLOB))"
                if node.args.get("binary")
                else self.func("LENGTH", node.this)
            ),
            exp.TimeToStr: _formatted("date_format"),
            exp.StrToDate: _formatted("str_to_date"),
            exp.Extract: lambda self, node: self.func(node.name.lower(), node.expression),
            exp.StrPosition: lambda self, node: self.func(
                "INSTR", exp.Lower(this=node.this), exp.Lower(this=node.args["substr"])
            ),
            exp.RegexpLike: lambda self, node: self.func(
                "frappe_regexp", node.this, node.expression
            ),
            exp.DayOfYear: lambda self, node: self.func("dayofyear", node.this),
            exp.DayOfWeek: lambda self, node: self.func("dayofweek", node.this),
            exp.Trunc: lambda self, node: self.func(
                "truncate", node.this, node.args.get("decimals") or exp.Literal.number(0)
            ),
            exp.Rand: lambda self, node: "rand()",
            exp.UnixToTime: lambda self, node: self.func("from_unixtime", node.this),
            exp.Lock: lambda self, node: "",  # the transaction has locked the whole database
        }
