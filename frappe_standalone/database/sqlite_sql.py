"""MariaDB's statements as SQLite's; MariaDB's own functions are there, `sqlite_functions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import ParseError
from sqlglot.generators.sqlite import SQLiteGenerator

from frappe_standalone.database import comparing
from frappe_standalone.database.kinds import (
    GIVEN,
    TIMES,
    Kinds,
    is_shift,
    projections,
    shift,
    unit_of,
)
from frappe_standalone.database.mariadb_sql import PLACEHOLDERS

_MYSQL = sqlglot.Dialect.get_or_raise("mysql")
_MYSQL_TIME = (_MYSQL.INVERSE_TIME_MAPPING, _MYSQL.INVERSE_TIME_TRIE)


def prepare(tree: exp.Expr, kinds: Kinds) -> None:
    """Have it compare, group and sort as MariaDB does."""
    for union in list(tree.find_all(exp.SetOperation)):
        for side in (union.this, union.expression):
            if isinstance(side, exp.Subquery):  # SQLite takes none in parentheses
                side.replace(exp.select("*").from_(exp.alias_(side.copy(), "_", table=True)))
    for like in tree.find_all(exp.Like):
        comparing.give(like.expression, "pattern", "sqlite")
    comparing.prepare(tree, kinds, "sqlite", lambda node, sides: _meet(kinds, node, *sides))
    for part in _told_apart(tree):
        if kinds.of(part) not in ("number", *TIMES):
            _fold(part, kinds)
    for shifted in reversed(list(tree.find_all(exp.Add, exp.Sub, exp.DateAdd, exp.DateSub))):
        if is_shift(shifted):
            shifted.replace(_by_call(shifted))


def _meet(kinds: Kinds, node: exp.Expr, first: exp.Expr, *others: exp.Expr) -> None:
    """What is of one kind is compared as it is, text without case; else by a function of ours."""
    found = [kinds.of(each) for each in (first, *others)]
    if {"date", "datetime"} <= set(found):
        for each, kind in zip((first, *others), found, strict=True):
            if kind == "date":
                each.replace(exp.Anonymous(this="TIMESTAMP", expressions=[each.copy()]))
    elif any(_is_mixed(kinds, first, other) for other in others):
        _by_function(node, first, *others)
    elif found[0] not in ("number", *TIMES) and (
        isinstance(node, exp.In) or not any(map(kinds.is_stored, others))
    ):
        _fold(first, kinds)


def _is_mixed(kinds: Kinds, first: exp.Expr, other: exp.Expr) -> bool:
    found = {kinds.of(first), kinds.of(other)}
    if isinstance(first, exp.Tuple) or (len(found) == 1 and None not in found):
        return False
    if found & {*TIMES} or found == {"number", GIVEN}:
        return False
    is_stored = kinds.is_stored(first) or kinds.is_stored(other)
    return found == {"text", "number"} or not is_stored


def _by_function(node: exp.Expr, first: exp.Expr, *others: exp.Expr) -> None:
    if isinstance(node, exp.NullSafeEQ) or node.args.get("query"):
        raise ParseError("text is compared with numbers")
    if isinstance(node, exp.In):
        listed = [first.copy(), *(each.copy() for each in others)]
        node.replace(exp.Anonymous(this="frappe_in", expressions=listed))
    else:
        both = exp.Anonymous(this="frappe_compare", expressions=[first.copy(), others[0].copy()])
        node.replace(type(node)(this=both, expression=exp.Literal.number(0)))


def _told_apart(tree: exp.Expr) -> list[exp.Expr]:
    """What is grouped and sorted by, or given once."""
    found: list[exp.Expr] = []
    for node in tree.find_all(exp.Group, exp.Ordered, exp.Distinct, exp.Min, exp.Max):
        if isinstance(node, (exp.Ordered, exp.Min, exp.Max)):
            found.append(node.this)
        elif isinstance(node.parent, exp.Select) and isinstance(node, exp.Distinct):
            found += [each.unalias() for each in node.parent.expressions]
        else:
            found += node.expressions
    return found


def _fold(node: exp.Expr, kinds: Kinds) -> None:
    """A table's column compares without case by itself."""
    is_told = isinstance(node, (exp.Collate, exp.Null, exp.Star, exp.Tuple)) or node.is_number
    if not is_told and not kinds.is_stored(node):
        node.replace(exp.Collate(this=exp.Paren(this=node.copy()), expression=exp.var("NOCASE")))


def times(tree: exp.Expr, kinds: Kinds) -> tuple[tuple[int, str], ...]:
    """The columns of the answer that are times, which SQLite gives as text, with their kinds."""
    found = enumerate(map(kinds.of, projections(tree)))
    return tuple((number, kind) for number, kind in found if kind in TIMES)


def _by_call(shifted: exp.Expr) -> exp.Expr:
    """`due + interval 1 day` as a function of ours."""
    when, how_far = shift(shifted)
    count = how_far.this if isinstance(how_far, exp.Interval) else how_far.expression
    if isinstance(shifted, (exp.Sub, exp.DateSub)):
        count = exp.Neg(this=exp.Paren(this=count.copy()))
    unit = exp.Literal.string(unit_of(how_far))
    return exp.Anonymous(this="frappe_add", expressions=[when.copy(), count.copy(), unit])


def _formatted(function: str) -> Callable[[Any, Any], str]:
    """MariaDB's own function, since the format is MariaDB's."""

    def sql(self: Any, node: Any) -> str:
        form = node.args["format"]
        spelled = self.format_time(node, *_MYSQL_TIME) if form.is_string else self.sql(form)
        return f"{function}({self.sql(node.this)}, {spelled})"

    return sql


def _difference(self: Any, node: Any) -> str:
    unit = exp.Literal.string(str(node.args["unit"].name).upper())
    return str(self.func("frappe_difference", unit, node.expression, node.this))


def _like(self: Any, node: exp.Like) -> str:
    made = str(self.like_sql(node))
    is_plain = node.expression.is_string and "\\" not in node.expression.name
    return made if is_plain or isinstance(node.parent, exp.Escape) else rf"{made} ESCAPE '\'"


def _cast(self: Any, node: exp.Cast) -> str:
    """A text of some length is cut, a decimal is rounded."""
    what, (first, *_) = self.sql(node.this), [*node.to.expressions, None]
    if first is not None and node.to.this in exp.DataType.TEXT_TYPES:
        return f"SUBSTRING({what}, 1, {self.sql(first)})"
    if node.to.this == exp.DataType.Type.DECIMAL:
        places = node.to.expressions[1] if len(node.to.expressions) > 1 else "0"
        return f"ROUND(CAST({what} AS REAL), {self.sql(places) if places != '0' else places})"
    if node.to.this in exp.DataType.INTEGER_TYPES:
        return f"frappe_integer({what})"
    return str(self.cast_sql(node))


class ToSQLite(SQLite):
    """How MariaDB's trees are written for SQLite."""

    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS: ClassVar = ["`"]  # SQLite takes a name in " that is no column for a text

    class Generator(SQLiteGenerator):
        def literal_sql(self, expression: exp.Literal) -> str:
            """A statement of SQLite's ends at a NUL."""
            made: str = super().literal_sql(expression)
            return "({})".format(made.replace("\0", "' || CHAR(0) || '")) if "\0" in made else made

        TRANSFORMS = {  # noqa: RUF012 (sqlglot's form)
            **SQLiteGenerator.TRANSFORMS,
            **PLACEHOLDERS,
            exp.Mod: lambda self, node: self.func("frappe_mod", node.this, node.expression),
            exp.Greatest: lambda self, node: self.func("greatest", node.this, *node.expressions),
            exp.Least: lambda self, node: self.func("least", node.this, *node.expressions),
            exp.RegexpLike: lambda self, node: (
                f"REGEXP('(?i)' || {self.sql(node.expression)}, {self.sql(node.this)})"
            ),
            exp.Rand: lambda self, node: "rand()",
            exp.IntDiv: lambda self, node: f"CAST({self.binary(node, '/')} AS INTEGER)",
            exp.Cast: _cast,
            exp.Like: _like,
            exp.TimestampDiff: _difference,
            exp.Length: lambda self, node: (
                f"LENGTH(CAST({self.sql(node.this)} AS BLOB))"
                if node.args.get("binary")
                else self.func("LENGTH", node.this)
            ),
            exp.TimeToStr: _formatted("date_format"),
            exp.StrToDate: _formatted("str_to_date"),
            exp.StrToTime: _formatted("str_to_date"),
            exp.Extract: lambda self, node: self.func(node.name.lower(), node.expression),
            exp.StrPosition: lambda self, node: self.func(
                "INSTR", exp.Lower(this=node.this), exp.Lower(this=node.args["substr"])
            ),
            exp.Lock: lambda self, node: "",  # the transaction has locked the whole database
        }
