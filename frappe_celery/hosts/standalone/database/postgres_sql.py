"""MariaDB's statements as PostgreSQL's."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import ParseError
from sqlglot.generators.postgres import PostgresGenerator

from frappe_celery.hosts.standalone.database import comparing, grouping, truths
from frappe_celery.hosts.standalone.database.kinds import GIVEN, Kinds, is_shift
from frappe_celery.hosts.standalone.database.mariadb_sql import placeholder

_INTEGERS = (exp.DataType.Type.BIGINT, exp.DataType.Type.UBIGINT, exp.DataType.Type.INT)
_FOLDED = '"und-x-icu"'
"""A collation of PostgreSQL's that LIKE and searches can use, unlike that of the columns."""


def prepare(tree: exp.Expr, kinds: Kinds) -> None:
    """Have it compare and group as MariaDB does, and truth be numbers."""
    comparing.prepare(tree, kinds, "postgresql", lambda _, sides: _fold(kinds, sides))
    for most in tree.find_all(exp.Greatest, exp.Least):
        _fold(kinds, [most.this, *most.expressions])
    for cast in list(tree.find_all(exp.Cast)):
        if cast.to.this in _INTEGERS and kinds.of(cast.this) == "text":
            cast.replace(exp.Anonymous(this="INTEGER_OF", expressions=[cast.this]))
    for shifted in list(tree.find_all(exp.Add, exp.Sub, exp.DateAdd, exp.DateSub)):
        if is_shift(shifted) and kinds.of(shifted) == "date":
            day = exp.Paren(this=shifted.copy())
            shifted.replace(exp.Cast(this=day, to=exp.DataType.build("date")))
    for select in list(tree.find_all(exp.Select)):
        grouping.group(select)
    for node in reversed(list(tree.walk())):  # the innermost first: what is outside is copied
        truths.make_alike(node, kinds)


def _fold(kinds: Kinds, sides: list[exp.Expr]) -> None:
    """Text compares without case where a table's column is in it; else it is told to."""
    is_text = "text" in (found := {kinds.of(each) for each in sides}) and found <= {"text", GIVEN}
    fields = (field for each in sides for field in each.find_all(exp.Column))
    if is_text and not any(kinds.of(field) == "text" for field in fields):
        collation = exp.to_identifier("frappe", quoted=True)
        folded = exp.Collate(this=exp.Paren(this=sides[0].copy()), expression=collation)
        sides[0].replace(folded)


def _like(self: Any, node: Any) -> str:
    word = "NOT ILIKE" if node.args.get("negate") else "ILIKE"
    text = f"CAST({self.sql(node.this)} AS TEXT) COLLATE {_FOLDED}"
    return f"{text} {word} {self.sql(node.expression)}"


def _searched(self: Any, node: Any) -> str:
    where, what = self.sql(node.this), self.sql(node.args["substr"])
    return f"STRPOS(LOWER(({where}) COLLATE {_FOLDED}), LOWER(({what}) COLLATE {_FOLDED}))"


def _concat(self: Any, node: exp.Concat) -> str:
    """Of numbers and times, too; NULL where one part is."""
    parts = (
        self.sql(each) if each.is_string else f"CAST({self.sql(each)} AS TEXT)"
        for each in node.expressions
    )
    return f"({' || '.join(parts)})"


def _round(self: Any, node: Any) -> str:
    decimals = node.args.get("decimals")
    if decimals is None:
        made: str = self.func("ROUND", node.this)
        return made
    return f"ROUND(CAST({self.sql(node.this)} AS DECIMAL), {self.sql(decimals)})"


def _pg_difference(self: Any, node: Any) -> str:
    unit = str(node.args["unit"].name).upper()
    first, last = (f"CAST({self.sql(part)} AS TIMESTAMP)" for part in (node.expression, node.this))
    if unit in _SECONDS:
        return f"CAST(TRUNC(EXTRACT(EPOCH FROM {last} - {first}) / {_SECONDS[unit]}) AS BIGINT)"
    months = (
        f"(EXTRACT(YEAR FROM AGE({last}, {first})) * 12 + EXTRACT(MONTH FROM AGE({last}, {first})))"
    )
    return f"CAST(TRUNC({months} / {_MONTHS[unit]}) AS BIGINT)"


_SECONDS = {"SECOND": 1, "MINUTE": 60, "HOUR": 3600, "DAY": 86400, "WEEK": 604800}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}


def _cast(self: Any, node: exp.Cast) -> str:
    if (
        node.to.this in (exp.DataType.Type.CHAR, exp.DataType.Type.NCHAR)
        and not node.to.expressions
    ):
        return f"CAST({self.sql(node.this)} AS TEXT)"
    if node.to.this == exp.DataType.Type.CHAR:
        return f"CAST({self.sql(node.this)} AS VARCHAR({self.sql(node.to.expressions[0])}))"
    if node.to.this == exp.DataType.Type.UBIGINT:
        return f"CAST({self.sql(node.this)} AS BIGINT)"
    made: str = self.cast_sql(node)
    return made


def _timed(field: str, more: int = 0) -> Callable[[Any, Any], str]:
    def sql(self: Any, *given: exp.Expr) -> str:
        made = f"CAST(EXTRACT({field} FROM CAST({self.sql(given[0])} AS TIMESTAMP)) AS INT)"
        return f"({made} + {more})" if more else made

    return sql


def _of_all(function: str) -> Callable[[Any, Any], str]:
    """NULL where one is."""

    def sql(self: Any, node: Any) -> str:
        parts = [self.sql(each) for each in (node.this, *node.expressions)]
        return _unless_null(parts, f"{function}({', '.join(parts)})")

    return sql


def _unless_null(parts: list[str], then: str) -> str:
    conditions = " OR ".join(f"({each}) IS NULL" for each in parts)
    return f"(CASE WHEN {conditions} THEN NULL ELSE {then} END)"


def _substring(self: Any, node: Any) -> str:
    """From 1, or from the end with a number below zero."""
    start, length = node.args.get("start"), node.args.get("length")
    text, count = self.sql(node.this), f" FOR {self.sql(length)}" if length else ""
    number = start.this if isinstance(start, exp.Neg) else start
    if not isinstance(number, exp.Literal) or not number.is_int:
        raise ParseError("SUBSTRING from where is not a number")
    if number is start and number.this != "0":
        return f"SUBSTRING({text} FROM {number.this}{count})"
    found = f"SUBSTRING(RIGHT({text}, {number.this}) FROM 1{count})"
    is_within = f"LENGTH({text}) >= {number.this} AND {number.this} > 0"
    return _unless_null([text], f"CASE WHEN {is_within} THEN {found} ELSE '' END")


def _mod(self: Any, node: Any) -> str:
    first, second = (f"CAST({self.sql(x)} AS DECIMAL)" for x in (node.this, node.expression))
    return f"MOD({first}, NULLIF({second}, 0))"


def _replaced(self: Any, node: Any) -> str:
    what, new = self.sql(node.expression), self.sql(node.args["replacement"])
    return _again(f"REPLACE(({self.sql(node.this)}) COLLATE {_FOLDED}, {what}, {new})")


def _again(text: str) -> str:
    """Text that was searched compares without case again."""
    return f'({text} COLLATE "frappe")'


def _beginning(form: str, kind: str) -> Callable[[Any, Any], str]:
    """The number that a text begins with, 0 where there is none."""

    def sql(self: Any, given: exp.Expr) -> str:
        text = self.sql(given)
        found = f"SUBSTRING(({text}) COLLATE {_FOLDED} FROM '^[[:space:]]*({form})')"
        return _unless_null([text], f"CAST(COALESCE({found}, '0') AS {kind})")

    return sql


def _spelled(form: str) -> Callable[[Any, Any], str]:
    return lambda self, given: f"TO_CHAR(CAST({self.sql(given)} AS TIMESTAMP), '{form}')"


def _field(self: Any, what: exp.Expr, *among: exp.Expr) -> str:
    cases = " ".join(f"WHEN {self.sql(each)} THEN {n}" for n, each in enumerate(among, 1))
    return f"(CASE {self.sql(what)} {cases} ELSE 0 END)"


def _found_in_set(self: Any, what: exp.Expr, among: exp.Expr) -> str:
    sought, listed = self.sql(what), self.sql(among)
    parts = _again(f"STRING_TO_ARRAY(({listed}) COLLATE {_FOLDED}, ',')")
    return _unless_null([sought, listed], f"COALESCE(ARRAY_POSITION({parts}, {sought}), 0)")


def _up_to(self: Any, text: exp.Expr, mark: exp.Expr, count: exp.Expr) -> str:
    if self.sql(count) not in ("1", "-1"):
        raise ParseError("SUBSTRING_INDEX with another number than 1 and -1")
    parts = f"({self.sql(text)}) COLLATE {_FOLDED}, {self.sql(mark)}, {self.sql(count)}"
    return _again(f"SPLIT_PART({parts})")


_POSTGRES: dict[str, Callable[..., str]] = {
    "YEAR": _timed("YEAR"),
    "MONTH": _timed("MONTH"),
    "DAY": _timed("DAY"),
    "HOUR": _timed("HOUR"),
    "MINUTE": _timed("MINUTE"),
    "SECOND": _timed("SECOND"),
    "WEEKDAY": _timed("ISODOW", -1),
    "DAYOFWEEK": _timed("DOW", 1),
    "DAYOFYEAR": _timed("DOY"),
    "QUARTER": _timed("QUARTER"),
    "DAYNAME": _spelled("FMDay"),
    "FIELD": _field,
    "INTEGER_OF": _beginning("[-+]?[0-9]+", "BIGINT"),
    "NUMBER_OF": _beginning("[-+]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:e[-+]?[0-9]+)?", "FLOAT8"),
    "FIND_IN_SET": _found_in_set,
    "SUBSTRING_INDEX": _up_to,
    "TO_DAYS": lambda self, when: (
        f"(CAST({self.sql(when)} AS DATE) - CAST('0001-01-01' AS DATE) + 366)"
    ),
    "TIMEDIFF": lambda self, *times: (
        f"({' - '.join(f'CAST({self.sql(each)} AS TIMESTAMP)' for each in times)})"
    ),
    "SEC_TO_TIME": lambda self, seconds: f"MAKE_INTERVAL(SECS => {self.sql(seconds)})",
    "MAKEDATE": lambda self, year, day: (
        f"(MAKE_DATE({self.sql(year)}, 1, 1) + NULLIF({self.sql(day)}, 0) - 1)"
    ),
    "UNIX_TIMESTAMP": lambda self, when: f"EXTRACT(EPOCH FROM CAST({self.sql(when)} AS TIMESTAMP))",
    "TIMESTAMP": lambda self, when, *time: (
        f"(CAST({self.sql(when)} AS TIMESTAMP)"
        f"{''.join(f' + CAST({self.sql(each)} AS INTERVAL)' for each in time)})"
    ),
    "JSON_UNQUOTE": lambda self, what: f"({self.sql(what)} #>> '{{}}')",
}


def _anonymous(self: Any, node: exp.Anonymous) -> str:
    own = _POSTGRES.get(node.name.upper())
    try:
        made: str = own(self, *node.expressions) if own else self.func(node.name, *node.expressions)
    except TypeError:
        raise ParseError(f"{node.name} with {len(node.expressions)} values") from None
    return made


def _as_postgres(name: str) -> Callable[[Any, Any], str]:
    return lambda self, node: _POSTGRES[name](
        self, *(part for part in node.args.values() if isinstance(part, exp.Expr))
    )


_OF_SQLGLOT = {
    exp.Year: "YEAR",
    exp.Month: "MONTH",
    exp.Day: "DAY",
    exp.Hour: "HOUR",
    exp.Minute: "MINUTE",
    exp.Second: "SECOND",
    exp.Quarter: "QUARTER",
    exp.DayOfWeek: "DAYOFWEEK",
    exp.DayOfYear: "DAYOFYEAR",
    exp.Dayname: "DAYNAME",
    exp.SubstringIndex: "SUBSTRING_INDEX",
    exp.Timestamp: "TIMESTAMP",
}
"""Those of MariaDB's functions that sqlglot has a class for."""


_SIGNS = {**Postgres.INVERSE_TIME_MAPPING, "%p": "AM", "%%": "%"}
_SIGN_OR_TEXT = re.compile(r"(%-?.)|([^%]+)")


def _spelled_sign(found: re.Match[str]) -> str:
    sign, text = found.groups()
    if text:
        return '"' + re.sub(r'["\\]', r"\\\g<0>", text) + '"'
    if sign not in _SIGNS or sign == "%U":  # PostgreSQL's weeks begin with the year
        raise ParseError(f"the format {sign}")
    return _SIGNS[sign]


class ToPostgres(Postgres):
    """How the trees are written."""

    class Generator(PostgresGenerator):
        def format_time(self, expression: Any, *_: Any) -> str | None:
            """sqlglot's own leaves what it does not know, and texts, as they are."""
            form = expression.args.get("format")
            if form is None:
                return None
            if not form.is_string:
                raise ParseError("a format that stands not in the statement")
            spelled = exp.Literal.string(_SIGN_OR_TEXT.sub(_spelled_sign, form.name))
            return str(self.sql(spelled))

        TRANSFORMS = {  # noqa: RUF012 (sqlglot's form)
            **PostgresGenerator.TRANSFORMS,
            **{kind: _as_postgres(name) for kind, name in _OF_SQLGLOT.items()},
            exp.Placeholder: placeholder,
            exp.Like: _like,
            exp.RegexpLike: lambda self, node: (
                f"CAST({self.sql(node.this)} AS TEXT) COLLATE {_FOLDED} ~*"
                f" {self.sql(node.expression)}"
            ),
            exp.StrPosition: _searched,
            exp.Round: _round,
            exp.Trunc: lambda self, node: self.func(
                "TRUNC",
                exp.Cast(this=node.this, to=exp.DataType.build("decimal")),
                node.args.get("decimals"),
            ),
            exp.IntDiv: lambda self, node: (
                f"CAST(TRUNC(CAST({self.sql(node.this)} AS DECIMAL)"
                f" / NULLIF({self.sql(node.expression)}, 0)) AS BIGINT)"
            ),
            exp.Mod: _mod,
            exp.Replace: _replaced,
            exp.Substring: _substring,
            exp.Greatest: _of_all("GREATEST"),
            exp.Least: _of_all("LEAST"),
            exp.Concat: _concat,
            exp.TimestampDiff: _pg_difference,
            exp.Length: lambda self, node: (
                f"{'OCTET_' if node.args.get('binary') else ''}LENGTH("
                f"CAST({self.sql(node.this)} AS TEXT))"
            ),
            exp.Cast: _cast,
            exp.Anonymous: _anonymous,
            exp.Time: lambda self, node: f"CAST({self.sql(node.this)} AS TIME)",
            exp.Rand: lambda self, node: "RANDOM()",
        }
