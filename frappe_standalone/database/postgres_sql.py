"""MariaDB's statements as PostgreSQL's."""

from __future__ import annotations

import re
from typing import Any

from sqlglot import exp
from sqlglot.dialects.postgres import Postgres
from sqlglot.errors import ParseError
from sqlglot.generators.postgres import PostgresGenerator

from frappe_standalone.database import comparing, grouping
from frappe_standalone.database.kinds import GIVEN, SHIFTED, Kinds, is_shift, unit_of
from frappe_standalone.database.mariadb_sql import PLACEHOLDERS

_FOLDED = '"und-x-icu"'
"""A collation of PostgreSQL's that LIKE and searches can use, unlike that of the columns."""


def prepare(tree: exp.Expr, kinds: Kinds) -> None:
    """Have it compare and group as MariaDB does, and truth be numbers."""
    comparing.prepare(tree, kinds, "postgresql", lambda _, sides: _fold(kinds, sides))
    for most in tree.find_all(exp.Greatest, exp.Least):
        _fold(kinds, [most.this, *most.expressions])
    for cast in list(tree.find_all(exp.Cast)):
        if cast.to.this in exp.DataType.INTEGER_TYPES and kinds.of(cast.this) == "text":
            cast.replace(exp.Anonymous(this="INTEGER_OF", expressions=[cast.this]))
    for shifted in list(tree.find_all(exp.Add, exp.Sub, exp.DateAdd, exp.DateSub)):
        if is_shift(shifted) and kinds.of(shifted) == "date":
            day = exp.Paren(this=shifted.copy())
            shifted.replace(exp.Cast(this=day, to=exp.DataType.build("date")))
    for select in list(tree.find_all(exp.Select)):
        grouping.group(select)
    for node in reversed(list(tree.walk())):  # the innermost first: what is outside is copied
        grouping.make_alike(node, kinds)


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
        return str(self.func("ROUND", node.this))
    return f"ROUND(CAST({self.sql(node.this)} AS DECIMAL), {self.sql(decimals)})"


def _difference(self: Any, node: Any) -> str:
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


def _span(self: Any, node: exp.Expr) -> str:
    """An INTERVAL of any number: a whole one but for seconds, as MariaDB rounds it."""
    number, unit = f"CAST({self.sql(node, 'this')} AS DECIMAL)", unit_of(node)
    number = number if unit == "SECOND" else f"ROUND({number})"
    return f"({number} * INTERVAL '{'3 MONTH' if unit == 'QUARTER' else f'1 {unit}'}')"


def _shifted(self: Any, node: Any) -> str:
    span = exp.Interval(this=node.expression.copy(), unit=node.args.get("unit"))
    sign = "-" if isinstance(node, exp.DateSub) else "+"
    return f"({self.sql(node.this)} {sign} {self.sql(span)})"


def _cast(self: Any, node: exp.Cast) -> str:
    (size, *_), kind = [*node.to.expressions, None], node.to.this
    if kind in (exp.DataType.Type.CHAR, exp.DataType.Type.NCHAR):
        return f"CAST({self.sql(node.this)} AS {f'VARCHAR({self.sql(size)})' if size else 'TEXT'})"
    if kind == exp.DataType.Type.UBIGINT:
        return f"CAST({self.sql(node.this)} AS BIGINT)"
    return str(self.cast_sql(node))


def _of_all(self: Any, node: Any) -> str:
    """GREATEST and LEAST: NULL where one is."""
    parts = [self.sql(each) for each in (node.this, *node.expressions)]
    return _unless_null(parts, f"{node.key}({', '.join(parts)})")


def _unless_null(parts: list[str], then: str) -> str:
    conditions = " OR ".join(f"({each}) IS NULL" for each in parts)
    return f"(CASE WHEN {conditions} THEN NULL ELSE {then} END)"


def _substring(self: Any, node: Any) -> str:
    """From 1, or from the end with a number below zero."""
    text, start, length = (self.sql(node, part) for part in ("this", "start", "length"))
    count = f" FOR {length}" if length else ""
    from_the_end = f"SUBSTRING(RIGHT({text}, -({start})) FROM 1{count})"
    return _unless_null(
        [text, start],
        f"CASE WHEN {start} > 0 THEN SUBSTRING({text} FROM {start}{count})"
        f" WHEN {start} < 0 AND LENGTH({text}) >= -({start}) THEN {from_the_end} ELSE '' END",
    )


def _timed(field: str) -> str:
    return f"CAST(EXTRACT({field} FROM CAST({{0}} AS TIMESTAMP)) AS INT)"


def _beginning(form: str, kind: str) -> str:
    """The number that a text begins with, 0 where there is none."""
    found = f"SUBSTRING(({{0}}) COLLATE {_FOLDED} FROM '^[[:space:]]*({form})')"
    return _unless_null(["{0}"], f"CAST(COALESCE({found}, '0') AS {kind})")


_LISTED = f"STRING_TO_ARRAY(({{1}}) COLLATE {_FOLDED}, ',')"
_CALLS = {
    **{part: _timed(part) for part in ("YEAR", "QUARTER", "MONTH", "DAY")},
    **{part: _timed(part) for part in ("HOUR", "MINUTE", "SECOND")},
    "DAYOFMONTH": _timed("DAY"),
    "WEEKDAY": f"({_timed('ISODOW')} - 1)",
    "DAYOFWEEK": f"({_timed('DOW')} + 1)",
    "DAYOFYEAR": _timed("DOY"),
    "WEEK": f"(({_timed('DOY')} + 6 - {_timed('DOW')}) / 7)",
    "WEEKOFYEAR": _timed("WEEK"),
    "DAYNAME": "TO_CHAR(CAST({0} AS TIMESTAMP), 'FMDay')",
    "INTEGER_OF": _beginning("[-+]?[0-9]+", "BIGINT"),
    "NUMBER_OF": _beginning("[-+]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:e[-+]?[0-9]+)?", "FLOAT8"),
    "FIND_IN_SET": _unless_null(
        ["{0}", "{1}"], f'COALESCE(ARRAY_POSITION(({_LISTED} COLLATE "frappe"), {{0}}), 0)'
    ),
    "TO_DAYS": "(CAST({0} AS DATE) - CAST('0001-01-01' AS DATE) + 366)",
    "DATEDIFF": "(CAST({0} AS DATE) - CAST({1} AS DATE))",
    "TRUNCATE": "TRUNC(CAST({0} AS DECIMAL), {1})",
    "FROM_UNIXTIME": "CAST(TO_TIMESTAMP({0}) AS TIMESTAMP)",
    "MAKETIME": "MAKE_TIME({0}, {1}, {2})",
    "TIMEDIFF": "(CAST({0} AS TIMESTAMP) - CAST({1} AS TIMESTAMP))",
    "SEC_TO_TIME": "MAKE_INTERVAL(SECS => {0})",
    "MAKEDATE": "(MAKE_DATE({0}, 1, 1) + NULLIF({1}, 0) - 1)",
    "UNIX_TIMESTAMP": "EXTRACT(EPOCH FROM CAST({0} AS TIMESTAMP))",
    "JSON_UNQUOTE": "({0} #>> '{{}}')",
}
"""MariaDB's functions, with what they are given by number."""
_ZONE = "(CASE WHEN {0} ~ '^[+-]' THEN TRANSLATE({0}, '+-', '-+') ELSE {0} END)"
"""Offsets count westwards here."""
_IN_ZONES = f"CAST({{2}} AS TIMESTAMP) AT TIME ZONE {_ZONE} AT TIME ZONE {_ZONE.replace('0', '1')}"
_NODES = {
    exp.ConvertTimezone: _IN_ZONES,
    exp.Ceil: "CAST(CEIL({0}) AS BIGINT)",
    exp.Floor: "CAST(FLOOR({0}) AS BIGINT)",
    exp.Time: "CAST({0} AS TIME)",
    exp.Rand: "RANDOM()",
    exp.RegexpLike: f"CAST({{0}} AS TEXT) COLLATE {_FOLDED} ~* {{1}}",
    exp.StrPosition: f"STRPOS(LOWER(({{0}}) COLLATE {_FOLDED}), LOWER(({{1}}) COLLATE {_FOLDED}))",
    exp.Mod: "MOD(CAST({0} AS DECIMAL), NULLIF(CAST({1} AS DECIMAL), 0))",
    exp.IntDiv: "CAST(TRUNC(CAST({0} AS DECIMAL) / NULLIF({1}, 0)) AS BIGINT)",
    exp.Replace: f'(REPLACE(({{0}}) COLLATE {_FOLDED}, {{1}}, {{2}}) COLLATE "frappe")',
}
"""The same of what sqlglot knows; what was searched compares without case again."""


def _filled(template: str, node: exp.Expr, parts: list[str]) -> str:
    if any(f"{{{number}}}" not in template for number in range(len(parts))):
        raise ParseError(f"{node.sql()} has more values than are known here")
    try:
        return template.format(*parts)
    except IndexError:
        raise ParseError(f"{node.sql()} has less values than it needs") from None


def _as_node(self: Any, node: Any) -> str:
    parts = [self.sql(part) for part in node.args.values() if isinstance(part, exp.Expr)]
    return _filled(_NODES[type(node)], node, parts)


def _as_call(self: Any, node: exp.Anonymous) -> str:
    name, parts = node.name.upper(), [self.sql(each) for each in node.expressions]
    if name in _CALLS:
        return _filled(_CALLS[name], node, parts)
    if name == "FIELD":
        cases = " ".join(f"WHEN {each} THEN {n}" for n, each in enumerate(parts[1:], 1))
        return f"(CASE {parts[0]} {cases} ELSE 0 END)"
    if name == "TIMESTAMP":
        more = "".join(f" + CAST({each} AS INTERVAL)" for each in parts[1:])
        return f"(CAST({parts[0]} AS TIMESTAMP){more})"
    if name == "SUBSTRING_INDEX":
        if parts[2] not in ("1", "-1"):
            raise ParseError("SUBSTRING_INDEX with another number than 1 and -1")
        parts[0] = f"({parts[0]}) COLLATE {_FOLDED}"
        return f'(SPLIT_PART({", ".join(parts)}) COLLATE "frappe")'
    return str(self.func(node.name, *node.expressions))


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
    """How MariaDB's trees are written for PostgreSQL."""

    class Generator(PostgresGenerator):
        def literal_sql(self, expression: exp.Literal) -> str:
            made: str = super().literal_sql(expression)
            if "\0" in made:
                raise ParseError("a text has a NUL, which no text of PostgreSQL's can hold")
            return made

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
            **PLACEHOLDERS,
            **dict.fromkeys(_NODES, _as_node),
            exp.Anonymous: _as_call,
            exp.Like: _like,
            exp.Round: _round,
            exp.Substring: _substring,
            exp.Greatest: _of_all,
            exp.Least: _of_all,
            exp.Concat: _concat,
            exp.TimestampDiff: _difference,
            exp.Length: lambda self, node: (
                f"{'OCTET_' if node.args.get('binary') else ''}LENGTH("
                f"CAST({self.sql(node.this)} AS TEXT))"
            ),
            exp.Cast: _cast,
            exp.Interval: _span,
            **dict.fromkeys(SHIFTED, _shifted),
        }
