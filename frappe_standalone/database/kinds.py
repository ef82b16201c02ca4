"""What kind of value an expression of MariaDB's has, as its columns' tables say.

text, number, date, datetime, time; `GIVEN` of a placeholder, which takes what it is compared with;
None where nothing says it before the statement runs.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from sqlglot import exp
from sqlglot.dialects.mysql import MySQL

TIMES = ("date", "datetime", "time")
GIVEN = "given"
Fields = Mapping[tuple[str, str], str]
"""The kinds of the fields that a statement names, by doctype and name."""
_OF_COLUMNS = {"int": "number", "float": "number", "json": None}
_QUERIES = (exp.Select, exp.Update, exp.Delete, exp.Insert)
SHIFTED = (exp.DateAdd, exp.DateSub)
_TEXTS = (exp.Left, exp.Right, exp.Pad, exp.Reverse)
_NUMBERS = (exp.Predicate, exp.Connector, exp.Not, exp.Binary, exp.Neg, exp.Count, exp.Sum,
            exp.Extract, exp.Abs, exp.Ceil, exp.Floor)  # fmt: skip
"""Beside those of which sqlglot knows what they are."""
NAMED = {
    **dict.fromkeys(("NUMBER_OF", "FIELD", "FIND_IN_SET", "TO_DAYS", "UNIX_TIMESTAMP"), "number"),
    **dict.fromkeys(("DATEDIFF", "TIME_TO_SEC", "TRUNCATE", "WEEK", "WEEKOFYEAR"), "number"),
    **dict.fromkeys(("YEAR", "QUARTER", "MONTH", "DAY", "DAYOFMONTH", "WEEKDAY"), "number"),
    **dict.fromkeys(("DAYOFWEEK", "DAYOFYEAR", "HOUR", "MINUTE", "SECOND"), "number"),
    **dict.fromkeys(("DAYNAME", "SUBSTRING_INDEX", "TIME_FORMAT"), "text"),
    **dict.fromkeys(("TIMEDIFF", "SEC_TO_TIME", "MAKETIME"), "time"),
    **dict.fromkeys(("TIMESTAMP", "FROM_UNIXTIME"), "datetime"),
    "MAKEDATE": "date",
}
"""Functions that `sqlite_functions` and `postgres_sql` have under MariaDB's names."""
_CHOICES = (exp.Case, exp.If, exp.Coalesce, exp.Min, exp.Max, exp.Greatest, exp.Least, exp.AnyValue)
_OF_WHAT_THEY_HOLD = (exp.Paren, exp.Alias, exp.Collate, exp.Window, exp.FirstValue, exp.LastValue,
                      exp.Lag, exp.Lead)  # fmt: skip
_OF_TYPES = {
    **dict.fromkeys((*exp.DataType.NUMERIC_TYPES, exp.DataType.Type.BOOLEAN), "number"),
    **dict.fromkeys(exp.DataType.TEXT_TYPES, "text"),
    exp.DataType.Type.DATE: "date",
    exp.DataType.Type.DATETIME: "datetime",
    exp.DataType.Type.TIMESTAMP: "datetime",
    exp.DataType.Type.TIME: "time",
}


class Kinds:
    """The kinds of one statement's expressions."""

    def __init__(self, fields: Fields, numbers: Container[str] = ()) -> None:
        self._fields = fields
        self._numbers = numbers
        """The placeholders that are given numbers."""

    def of(self, node: exp.Expr | None) -> str | None:
        """What kind of value an expression gives; None: that is not known."""
        if node is None:
            return None
        if isinstance(node, exp.Column):
            return self._found(node)[0]
        if isinstance(node, exp.Literal):
            return "text" if node.is_string else "number"
        if isinstance(node, exp.Placeholder):
            return "number" if node.name.partition(".")[0] in self._numbers else GIVEN
        if isinstance(node, _OF_WHAT_THEY_HOLD):
            return self.of(node.this)
        if isinstance(node, (exp.Subquery, exp.SetOperation, exp.Select)):
            return self.of(projections(node)[0])
        if is_shift(node):
            return self._of_shifted(node)
        if isinstance(node, exp.Cast):
            return _OF_TYPES.get(node.to.this)
        if isinstance(node, _CHOICES):
            return self._of_all(choices(node))
        if isinstance(node, exp.Anonymous):
            return self._of_named(node)
        if isinstance(node, _TEXTS):
            return "text"
        known = MySQL.EXPRESSION_METADATA.get(type(node), {}).get("returns")
        if known is not None:
            return _OF_TYPES.get(known)
        return "number" if isinstance(node, _NUMBERS) else None

    def is_stored(self, node: exp.Expr | None) -> bool:
        """Whether it is a table's column, by itself."""
        return isinstance(node, exp.Column) and self._found(node)[1]

    def _of_all(self, parts: Iterable[exp.Expr]) -> str | None:
        found = {self.of(each) for each in parts}
        if len(found) == 1:
            return found.pop()
        if None in found or GIVEN in found:
            return None
        return "datetime" if found == {"date", "datetime"} else "text"

    def _of_shifted(self, node: exp.Expr) -> str | None:
        """A day and some days are a day; what is added to a text is a text."""
        when, interval = shift(node)
        kind = self.of(when)
        if kind == "date" and unit_of(interval) in ("HOUR", "MINUTE", "SECOND", "MICROSECOND"):
            return "datetime"
        return kind if kind in TIMES else None

    def _of_named(self, node: exp.Anonymous) -> str | None:
        name = node.name.upper()
        if name in ("ADDTIME", "SUBTIME"):
            kind = self.of(node.expressions[0])
            return kind if kind in TIMES else "text"
        return NAMED.get(name)

    def _found(self, node: exp.Column) -> tuple[str | None, bool]:
        """The kind, and whether it is a table's."""
        inner: exp.Expr = node
        while query := inner.find_ancestor(*_QUERIES):
            found = [self._in(source, node.name) for source in _sources(query)
                     if node.table in ("", source.alias_or_name)]  # fmt: skip
            clause = node.find_ancestor(exp.Having, exp.Order, exp.Group, exp.Select)
            if not node.table and clause and clause.parent is query:
                place = len(found) if isinstance(clause, exp.Group) else 0
                found[place:place] = [
                    self._seen(each.this)
                    for each in query.expressions
                    if isinstance(each, exp.Alias) and each.alias == node.name
                ]
            first = next((each for each in found if each is not None), None)
            if first is not None:
                return first
            inner = query
        return None, False

    def _seen(self, node: exp.Expr) -> tuple[str | None, bool]:
        return self.of(node), self.is_stored(node)

    def _in(self, source: exp.Expr, name: str) -> tuple[str | None, bool] | None:
        for cte in source.root().find_all(exp.CTE):
            if isinstance(source, exp.Table) and cte.alias == source.name:
                source = cte
        if not isinstance(source, exp.Table):
            for each in projections(source):
                if each.alias_or_name == name:
                    return self._seen(each.unalias())
            return None
        kind = self._fields.get((source.name.removeprefix("tab"), name))
        return (_OF_COLUMNS.get(kind, kind), True) if kind else None


def choices(node: exp.Expr) -> list[exp.Expr]:
    """What the value is one of."""
    if isinstance(node, exp.Case):
        found = [*(each.args["true"] for each in node.args["ifs"]), node.args.get("default")]
    elif isinstance(node, exp.If):
        found = [node.args["true"], node.args.get("false")]
    else:
        found = [node.this, *node.expressions]
    return [each for each in found if each is not None and not isinstance(each, exp.Null)]


def _sources(query: exp.Expr) -> list[exp.Expr]:
    first = query.args.get("from_")
    tables = [first.this] if first else []
    if not isinstance(query, exp.Select):
        tables.insert(0, query.this.this if isinstance(query.this, exp.Schema) else query.this)
    joins = [*(query.args.get("joins") or [])]
    for table in tables:
        joins += table.args.get("joins") or []
    return [*tables, *(join.this for join in joins)]


def projections(query: exp.Expr) -> list[exp.Expr]:
    """The expressions that a query selects; none for what is no query."""
    while not isinstance(query, exp.Select):
        if not isinstance(query, (exp.Subquery, exp.SetOperation, exp.CTE)):
            return []
        query = query.this
    return list(query.expressions)


def is_shift(node: exp.Expr) -> bool:
    """Whether it is a time and an INTERVAL."""
    if isinstance(node, (exp.Add, exp.Sub)):
        return any(isinstance(side, exp.Interval) for side in (node.this, node.expression))
    return isinstance(node, SHIFTED)


def shift(node: exp.Expr) -> tuple[exp.Expr, exp.Expr]:
    """The time, and what says how far."""
    if isinstance(node.this, exp.Interval):
        return node.expression, node.this
    return node.this, node.expression if isinstance(node.expression, exp.Interval) else node


def unit_of(interval: exp.Expr) -> str:
    """An interval's unit in capitals; DAY where it says none."""
    unit = interval.args.get("unit")
    return str(unit.name if unit is not None else "DAY").upper()
