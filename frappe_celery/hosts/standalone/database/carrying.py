"""MariaDB's SQL as SQLite's and PostgreSQL's, by sqlglot, which is imported with the first need.

`dialect` keeps what is made here. What sqlglot leaves to its users is here: times by the site's
clock, truth as 0 and 1, text that compares without case, changes of several tables.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

import sqlglot
from sqlglot import exp
from sqlglot.dialects.mysql import MySQL
from sqlglot.dialects.postgres import Postgres
from sqlglot.dialects.sqlite import SQLite
from sqlglot.errors import ErrorLevel, ParseError, SqlglotError
from sqlglot.generators.postgres import PostgresGenerator
from sqlglot.generators.sqlite import SQLiteGenerator
from sqlglot.parsers.mysql import MySQLParser

from frappe_celery.hosts.standalone.missing import unsupported

__all__ = ["ParseError", "carried", "with_columns"]

_MARK = "\0"
_NOT_CARRIED = (exp.Command, exp.Show, exp.Set, exp.Alter, exp.Create, exp.Drop, exp.TruncateTable)
_TRUTHS = (exp.Predicate, exp.Connector, exp.Not, exp.Exists)
_NOWS = {"NOW": ":now", "SYSDATE": ":now", "LOCALTIME": ":now", "LOCALTIMESTAMP": ":now"}
_ADDING = (exp.DateAdd, exp.DatetimeAdd, exp.TimestampAdd, exp.TsOrDsAdd)
_TAKING = (exp.DateSub, exp.DatetimeSub, exp.TimestampSub)
_REPLACE = re.compile(r"\s*replace\s+(into\s+)?", re.I)
_MYSQL = sqlglot.Dialect.get_or_raise("mysql")
_MYSQL_TIME = (_MYSQL.INVERSE_TIME_MAPPING, _MYSQL.INVERSE_TIME_TRIE)
_FOLDED = '"und-x-icu"'
"""A collation of PostgreSQL's that LIKE and searches can use, unlike that of the columns."""


class _MariaDB(MySQL):
    class Parser(MySQLParser):
        FUNCTIONS: ClassVar = {
            name: function
            for name, function in MySQLParser.FUNCTIONS.items()
            if name != "TO_DAYS"  # sqlglot counts from a day of the year 0, which nobody else has
        }


def carried(found: Any, vendor: str) -> Any:
    """A statement taken apart, for that database.

    Raises:
        NeedsFrappeSite: it cannot be carried there; shows the statement.
    """
    texts, keys, _ = found
    text = texts[0] + "".join(
        f":f{number}{following}" for number, following in enumerate(texts[1:])
    )
    shown = "%s".join(texts).strip()
    is_replace = _REPLACE.match(text)
    try:
        tree = sqlglot.parse_one(
            _REPLACE.sub("insert into ", text, count=1) if is_replace else text, dialect=_MariaDB
        )
        if isinstance(tree, _NOT_CARRIED):
            raise unsupported(f"this statement of MariaDB's on {vendor}: {shown}")
        if is_replace:
            tree.set("conflict", exp.OnConflict(duplicate=True, expressions=_all_of(tree)))
        tree = tree.transform(_by_the_sites_clock)
        _change_one_table(tree)
        dialect = _Postgres if vendor == "postgresql" else _SQLite
        _for_postgres(tree) if vendor == "postgresql" else _for_sqlite(tree)
        made = tree.sql(dialect=dialect, unsupported_level=ErrorLevel.RAISE, identify=True)
    except SqlglotError as exc:
        raise unsupported(f"this statement of MariaDB's on {vendor} ({exc}): {shown}") from exc
    made_texts, *rest = made.split(_MARK)
    made_keys = [key if key.startswith(":") else keys[int(key[1:])] for key in rest[::2]]
    times = _times(tree) if vendor == "sqlite" else ()
    return (made_texts, *rest[1::2]), tuple(made_keys), times


# -- for both


def _by_the_sites_clock(node: exp.Expr) -> exp.Expr:
    if isinstance(node, exp.CurrentDate):
        return exp.Placeholder(this=":today")
    if isinstance(node, exp.CurrentTime):
        return exp.Placeholder(this=":time")
    if isinstance(node, exp.UtcTimestamp):
        return exp.Placeholder(this=":utc")
    if isinstance(node, (exp.CurrentTimestamp, exp.CurrentDatetime)):
        return exp.Placeholder(this=":now")
    if isinstance(node, exp.Anonymous) and node.name.upper() in _NOWS and not node.expressions:
        return exp.Placeholder(this=_NOWS[node.name.upper()])
    return node


def _key_of(table: str) -> list[str]:
    return ["doctype", "field"] if table == "tabSingles" else ["name"]


def _all_of(insert: exp.Expr) -> list[exp.Expr]:
    if not isinstance(insert.this, exp.Schema):
        raise ParseError("REPLACE needs the names of its columns")
    return [
        exp.EQ(
            this=exp.column(each.name),
            expression=exp.Anonymous(this="VALUES", expressions=[exp.column(each.name)]),
        )
        for each in insert.this.expressions
    ]


def _change_one_table(tree: exp.Expr) -> None:
    """INSERT … ON DUPLICATE KEY, UPDATE and DELETE of joined tables, as the standard has them."""
    if isinstance(tree, exp.Insert):
        _insert(tree)
    elif isinstance(tree, exp.Update):
        _update(tree)
    elif isinstance(tree, exp.Delete) and tree.args.get("tables"):
        _delete(tree)


def _insert(tree: exp.Insert) -> None:
    conflict = tree.args.get("conflict")
    if tree.args.get("ignore"):
        tree.set("ignore", None)
        tree.set("conflict", exp.OnConflict(action=exp.var("DO NOTHING")))
    elif conflict is not None and conflict.args.get("duplicate"):
        table = tree.find(exp.Table)
        assert table is not None
        changes = []
        for change in conflict.expressions:
            new = change.expression.transform(_excluded, table.name)
            changes.append(exp.EQ(this=exp.to_identifier(change.this.name), expression=new))
        keys = [exp.to_identifier(name) for name in _key_of(table.name)]
        tree.set(
            "conflict",
            exp.OnConflict(conflict_keys=keys, action=exp.var("DO UPDATE"), expressions=changes),
        )


def _excluded(node: exp.Expr, table: str) -> exp.Expr:
    if isinstance(node, exp.Anonymous) and node.name.upper() == "VALUES":
        return exp.column(node.expressions[0].name, table="excluded")
    if isinstance(node, exp.Column) and not node.table:
        return exp.column(node.name, table=table)
    return node


def _update(tree: exp.Update) -> None:
    target = tree.this
    joins = target.args.get("joins") or []
    if not joins:
        return
    if any(join.side or join.args.get("using") for join in joins):
        raise ParseError("an UPDATE of tables that are joined otherwise than by JOIN … ON")
    target.set("joins", None)
    conditions = [join.args["on"] for join in joins if join.args.get("on")]
    first, *others = (join.this for join in joins)
    tree.set("from_", exp.From(this=first))
    for other in others:
        first.append("joins", exp.Join(this=other))
    for condition in conditions:
        tree.where(condition, copy=False)
    for change in tree.expressions:
        if change.this.table not in ("", target.alias_or_name):
            raise ParseError("an UPDATE that changes another table than its first")
        change.set("this", exp.column(change.this.name))


def _delete(tree: exp.Delete) -> None:
    (target,) = tree.args["tables"]
    source = tree.this
    tables = [source, *(join.this for join in source.args.get("joins") or [])]
    named = next((table for table in tables if table.alias_or_name == target.name), None)
    if named is None:
        raise ParseError(f"a DELETE of {target.name}, which it does not read")
    names = exp.select(exp.column("name", table=target.name)).from_(source.copy())
    names.set("where", tree.args.get("where"))
    tree.set("tables", None)
    tree.set("this", exp.to_table(f"`{named.name}`", dialect="mysql"))
    tree.set("where", exp.Where(this=exp.column("name").isin(names)))


# -- SQLite: MariaDB's own functions are there, `sqlite_functions`


_COMPARED = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ, exp.In, exp.Between)


_INTEGERS = (exp.DataType.Type.BIGINT, exp.DataType.Type.UBIGINT, exp.DataType.Type.INT)


_NUMBERS = (exp.Count, exp.Sum, exp.Avg, exp.Year, exp.Month, exp.Day, exp.Length, exp.Round,
            exp.Abs, exp.DateDiff, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)  # fmt: skip


def _for_sqlite(tree: exp.Expr) -> None:
    for node in reversed(list(tree.find_all(*_COMPARED))):
        if not _is_assignment(node):
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


def _is_assignment(node: exp.Expr) -> bool:
    return isinstance(node.parent, (exp.Update, exp.OnConflict))


def _without_case(node: exp.Expr) -> exp.Expr:
    return exp.Collate(this=exp.Paren(this=node.copy()), expression=exp.var("NOCASE"))


def _interval(node: exp.Expr) -> tuple[exp.Expr, str]:
    """How many of which unit."""
    count = node.expression
    unit = node.args.get("unit")
    if isinstance(count, exp.Interval):
        unit, count = count.args.get("unit"), count.this
    return count, str(unit.name if unit is not None else "DAY").upper()


def _times(tree: exp.Expr) -> tuple[tuple[int, str, tuple[str, ...]], ...]:
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
        if isinstance(what, (exp.Date, exp.TsOrDsToDate, exp.LastDay)):
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


def _placeholder(self: Any, node: exp.Placeholder) -> str:
    return f"{_MARK}{node.name}{_MARK}"


def _difference(self: Any, node: Any) -> str:
    unit = exp.Literal.string(str(node.args["unit"].name).upper())
    made: str = self.func("frappe_difference", unit, node.expression, node.this)
    return made


class _SQLite(SQLite):
    class Tokenizer(SQLite.Tokenizer):
        IDENTIFIERS: ClassVar = ["`"]  # SQLite takes a name in " that is no column for a text

    class Generator(SQLiteGenerator):
        TRANSFORMS = {  # noqa: RUF012 (sqlglot's form)
            **SQLiteGenerator.TRANSFORMS,
            **dict.fromkeys(_ADDING, _added("+")),
            **dict.fromkeys(_TAKING, _added("-")),
            exp.Add: _plus_or_minus("+", lambda self, node: self.binary(node, "+")),
            exp.Sub: _plus_or_minus("-", lambda self, node: self.binary(node, "-")),
            exp.Placeholder: _placeholder,
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
            exp.Lock: lambda self, node: "",
        }

        def lock_sql(self, expression: exp.Lock) -> str:
            """The transaction has locked the whole database."""
            return ""


# -- PostgreSQL


def _for_postgres(tree: exp.Expr) -> None:
    for select in list(tree.find_all(exp.Select)):
        _group(select)
    for node in list(tree.walk(bfs=False)):
        _truth(node)


def _group(select: exp.Select) -> None:
    """MariaDB gives any row's value for what is not grouped by; here it is the smallest."""
    group, having, order = (select.args.get(part) for part in ("group", "having", "order"))
    aliases = {each.alias: each.this for each in select.expressions if isinstance(each, exp.Alias)}
    for column in _own(select, having, exp.Column):
        if not column.table and column.name in aliases:
            column.replace(exp.Paren(this=aliases[column.name].copy()))
    orders = order.expressions if order else []
    parts = [*select.expressions, *orders]
    aggregates = (each for part in [*parts, having] for each in _own(select, part, exp.AggFunc))
    if not group and all(_is_of_a_window(each) for each in aggregates):
        return
    grouped = _grouped(select, aliases)
    names = {each.name for each in grouped if isinstance(each, exp.Column)}
    if "name" in names and not select.args.get("joins"):
        return
    tables = {"", *(table.alias_or_name for table in _own(select, select, exp.Table))}
    for part in parts:
        for column in _own(select, part, exp.Column):
            is_alias = any(part is each for each in orders) and column.name in aliases
            if column.name in names or is_alias or isinstance(column.this, exp.Star):
                continue
            if column.table in tables and not _is_within(column, part, grouped):
                column.replace(exp.Min(this=column.copy()))
    for each in select.expressions:
        if isinstance(each, exp.Min) and isinstance(each.this, exp.Column):
            each.replace(exp.alias_(each.copy(), each.this.name, quoted=True))


def _own(select: exp.Select, part: exp.Expr | None, kind: type[exp.Expr]) -> list[Any]:
    """What is in that part of a query, and not in a query within."""
    found = part.find_all(kind) if part is not None else ()
    return [each for each in found if each.find_ancestor(exp.Select) is select]


def _is_of_a_window(aggregate: exp.Expr) -> bool:
    window = aggregate.find_ancestor(exp.Window, exp.AggFunc)
    return isinstance(window, exp.Window) and window.this.find(type(aggregate)) is aggregate


def _grouped(select: exp.Select, aliases: dict[str, exp.Expr]) -> list[exp.Expr]:
    """What is grouped by, numbers and names of the answer's columns also as what they stand for."""
    group = select.args.get("group")
    found = list(group.expressions) if group else []
    for each in list(found):
        if isinstance(each, exp.Literal) and each.is_int:
            found += [one.unalias() for one in select.expressions[int(each.name) - 1 :][:1]]
        elif each.name in aliases:
            found.append(aliases[each.name])
    return found


def _is_within(column: exp.Expr, part: exp.Expr, grouped: list[exp.Expr]) -> bool:
    """Whether it is of an aggregate or of what is grouped by."""
    node: exp.Expr | None = column
    while node is not None and node is not part.parent:
        if isinstance(node, exp.AggFunc) or node in grouped:
            return True
        node = node.parent
    return False


def _truth(node: exp.Expr) -> None:
    """A number where truth is asked for is compared, truth where a number is asked for is one."""
    if isinstance(node, exp.Boolean):
        node.replace(exp.Literal.number(int(node.this)))
        return
    if isinstance(node, (exp.Where, exp.Having, exp.Not)):
        _make_true(node, "this")
    elif isinstance(node, exp.Connector):
        _make_true(node, "this")
        _make_true(node, "expression")
    elif isinstance(node, exp.If) and not _compares(node):
        _make_true(node, "this")
    elif isinstance(node, exp.Join) and node.args.get("on"):
        _make_true(node, "on")
    if isinstance(node, _TRUTHS) and not _asks_for_truth(node):
        number = exp.Cast(this=exp.Paren(this=node.copy()), to=exp.DataType.build("int"))
        node.replace(number)


def _compares(case: exp.If) -> bool:
    """`CASE x WHEN 1 THEN …` asks for no truth."""
    return isinstance(case.parent, exp.Case) and case.parent.this is not None


def _make_true(node: exp.Expr, key: str) -> None:
    part = node.args[key]
    inner = part.unnest()
    if isinstance(inner, exp.Boolean):
        inner = exp.Literal.number(int(inner.this))
    if not isinstance(inner, _TRUTHS):
        node.set(key, exp.NEQ(this=inner.copy(), expression=exp.Literal.number(0)))


def _asks_for_truth(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        node, parent = parent, parent.parent
    if _is_assignment(node):
        return True
    if isinstance(parent, exp.If):
        return parent.this is node and not _compares(parent)
    if isinstance(parent, exp.Join):
        return parent.args.get("on") is node
    return isinstance(parent, (exp.Where, exp.Having, exp.Not, exp.Connector, exp.Filter))


def _like(self: Any, node: Any) -> str:
    return (
        f"CAST({self.sql(node.this)} AS TEXT) COLLATE {_FOLDED} ILIKE {self.sql(node.expression)}"
    )


def _searched(self: Any, node: Any) -> str:
    where, what = self.sql(node.this), self.sql(node.args["substr"])
    return f"STRPOS(LOWER(({where}) COLLATE {_FOLDED}), LOWER(({what}) COLLATE {_FOLDED}))"


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
    made: str = self.cast_sql(node)
    return made


def _timed(field: str, more: int = 0) -> Callable[[Any, Any], str]:
    def sql(self: Any, *given: exp.Expr) -> str:
        made = f"CAST(EXTRACT({field} FROM CAST({self.sql(given[0])} AS TIMESTAMP)) AS INT)"
        return f"({made} + {more})" if more else made

    return sql


def _spelled(form: str) -> Callable[[Any, Any], str]:
    return lambda self, given: f"TO_CHAR(CAST({self.sql(given)} AS TIMESTAMP), '{form}')"


def _field(self: Any, what: exp.Expr, *among: exp.Expr) -> str:
    cases = " ".join(f"WHEN {self.sql(each)} THEN {n}" for n, each in enumerate(among, 1))
    return f"(CASE {self.sql(what)} {cases} ELSE 0 END)"


def _up_to(self: Any, text: exp.Expr, mark: exp.Expr, count: exp.Expr) -> str:
    if self.sql(count) not in ("1", "-1"):
        raise ParseError("SUBSTRING_INDEX with another number than 1 and -1")
    return f"SPLIT_PART(({self.sql(text)}) COLLATE {_FOLDED}, {self.sql(mark)}, {self.sql(count)})"


_POSTGRES: dict[str, Callable[..., str]] = {
    "HOUR": _timed("HOUR"),
    "MINUTE": _timed("MINUTE"),
    "SECOND": _timed("SECOND"),
    "WEEKDAY": _timed("ISODOW", -1),
    "DAYOFWEEK": _timed("DOW", 1),
    "DAYOFYEAR": _timed("DOY"),
    "QUARTER": _timed("QUARTER"),
    "DAYNAME": _spelled("FMDay"),
    "FIELD": _field,
    "FIND_IN_SET": lambda self, what, among: (
        f"COALESCE(ARRAY_POSITION(STRING_TO_ARRAY({self.sql(among)}, ','), {self.sql(what)}), 0)"
    ),
    "SUBSTRING_INDEX": _up_to,
    "TO_DAYS": lambda self, when: (
        f"(CAST({self.sql(when)} AS DATE) - CAST('0001-01-01' AS DATE) + 366)"
    ),
    "UNIX_TIMESTAMP": lambda self, when: f"EXTRACT(EPOCH FROM CAST({self.sql(when)} AS TIMESTAMP))",
    "TIMESTAMP": lambda self, when: f"CAST({self.sql(when)} AS TIMESTAMP)",
    "JSON_UNQUOTE": lambda self, what: f"({self.sql(what)} #>> '{{}}')",
}


def _anonymous(self: Any, node: exp.Anonymous) -> str:
    own = _POSTGRES.get(node.name.upper())
    made: str = own(self, *node.expressions) if own else self.func(node.name, *node.expressions)
    return made


def _as_postgres(name: str) -> Callable[[Any, Any], str]:
    return lambda self, node: _POSTGRES[name](
        self, *(part for part in node.args.values() if isinstance(part, exp.Expr))
    )


_OF_SQLGLOT = {
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


class _Postgres(Postgres):
    class Generator(PostgresGenerator):
        TRANSFORMS = {  # noqa: RUF012 (sqlglot's form)
            **PostgresGenerator.TRANSFORMS,
            **{kind: _as_postgres(name) for kind, name in _OF_SQLGLOT.items()},
            exp.Placeholder: _placeholder,
            exp.Like: _like,
            exp.RegexpLike: lambda self, node: (
                f"CAST({self.sql(node.this)} AS TEXT) COLLATE {_FOLDED} ~*"
                f" {self.sql(node.expression)}"
            ),
            exp.StrPosition: _searched,
            exp.Round: _round,
            exp.TimestampDiff: _pg_difference,
            exp.Length: lambda self, node: (
                f"{'OCTET_' if node.args.get('binary') else ''}LENGTH("
                f"CAST({self.sql(node.this)} AS TEXT))"
            ),
            exp.Cast: _cast,
            exp.Anonymous: _anonymous,
            exp.Rand: lambda self, node: "RANDOM()",
        }


# -- expressions in `fields`, `filters`, `order_by`


@lru_cache(maxsize=1024)
def _expression(text: str) -> exp.Expr:
    parsed = sqlglot.parse_one(f"select {text}", dialect=_MariaDB)
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
        return sqlglot.parse_one(column(node.name, doctype, path)[0], dialect=_MariaDB)

    return found.transform(looked_up).sql(dialect=_MariaDB)
