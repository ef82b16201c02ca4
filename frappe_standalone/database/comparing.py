"""What MariaDB converts when it compares, for databases that do not: both sides of one kind.

A text that meets a number is the number that it begins with, one that meets a time is that time.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp
from sqlglot.errors import ParseError

from frappe_standalone.database.kinds import GIVEN, TIMES, Kinds, choices, is_shift
from frappe_standalone.database.mariadb_sql import is_assignment
from frappe_standalone.database.values import NotOfKind, of_kind

_BY_TWO = (exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.NullSafeEQ)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.IntDiv, exp.Mod, exp.Neg, exp.Sum, exp.Avg)
_CHOICES = (exp.Coalesce, exp.If, exp.Case, exp.Greatest, exp.Least)
Meet = Callable[[exp.Expr, list[exp.Expr]], None]
"""Does with a comparison what is a database's own: its first side, and all that this meets."""


def prepare(tree: exp.Expr, kinds: Kinds, vendor: str, meet: Meet) -> None:
    """Make the sides of each comparison alike.

    Raises:
        ParseError: a time is taken as a number.
    """
    for spelled in reversed(list(tree.find_all(exp.Nullif, exp.Between, exp.Case))):
        _spell_out(spelled)
    for node in tree.find_all(*_ARITHMETIC, exp.Cast):
        parts = [node.this, node.args.get("expression")]
        is_number = kinds.of(node) == "number" and not is_shift(node)
        if is_number and any(kinds.of(part) in TIMES for part in parts):
            raise ParseError("a time is taken as a number")
    for node in reversed(list(tree.find_all(*_CHOICES))):
        kind, is_most = kinds.of(node), isinstance(node, (exp.Greatest, exp.Least))
        for part in choices(node):
            if kind == "text" and not is_most and kinds.of(part) not in ("text", GIVEN):
                part.replace(exp.Cast(this=part.copy(), to=exp.DataType.build("text")))
            elif kind == "datetime" and kinds.of(part) == "date":
                part.replace(exp.Anonymous(this="TIMESTAMP", expressions=[part.copy()]))
    for node in reversed(list(tree.find_all(*_BY_TWO, exp.In))):
        if is_assignment(node):
            continue
        met = {kinds.of(each) for each in _others(node)} - {GIVEN, None}
        if isinstance(node, exp.In) and kinds.of(node.this) == GIVEN and len(met) > 1:
            raise ParseError("a value is compared with several kinds")
        for other in _others(node):
            if {kinds.of(node.this), kinds.of(other)} in [{"number", kind} for kind in TIMES]:
                raise ParseError("a time is compared with a number")
            for one, met_by in ((other, node.this), (node.this, other)):
                if kinds.of(one) != "number":
                    give(one, kinds.of(met_by), vendor)
        _as_numbers(node, kinds)
        meet(node, [node.this, *_others(node)])


def _spell_out(node: exp.Expr) -> None:
    """NULLIF, BETWEEN and CASE … WHEN as the comparisons that they are."""
    this = node.this
    if isinstance(node, exp.Nullif):
        is_null = exp.EQ(this=_side(this), expression=_side(node.expression))
        node.replace(exp.Case().when(is_null, exp.Null()).else_(this.copy()))
    elif isinstance(node, exp.Between):
        low = exp.GTE(this=_side(this), expression=_side(node.args["low"]))
        high = exp.LTE(this=_side(this), expression=_side(node.args["high"]))
        node.replace(exp.Paren(this=exp.And(this=low, expression=high)))
    elif this is not None:
        for each in node.args["ifs"]:
            each.set("this", exp.EQ(this=_side(this), expression=_side(each.this)))
        node.set("this", None)


def _side(node: exp.Expr) -> exp.Expr:
    return exp.Paren(this=node.copy()) if isinstance(node, exp.Binary) else node.copy()


def _others(node: exp.Expr) -> list[exp.Expr]:
    """All that the first side of a comparison meets."""
    found = [node.args.get(key) for key in ("expression", "field", "query")]
    return [each for each in [*node.expressions, *found] if each is not None]


def _as_numbers(node: exp.Expr, kinds: Kinds) -> None:
    """Text that meets nothing but numbers."""
    found = [kinds.of(each) for each in _others(node)]
    if kinds.of(node.this) == "number" or set(found) == {"number"}:
        for each in (node.this, *_others(node)):
            if kinds.of(each) == "text" and not isinstance(each, exp.Query):
                each.replace(number_of(each.copy()))


def number_of(text: exp.Expr) -> exp.Expr:
    """The number that a text begins with."""
    return exp.Anonymous(this="NUMBER_OF", expressions=[text])


def give(node: exp.Expr, kind: str | None, vendor: str) -> None:
    """Have a literal or a placeholder be of the kind that it meets."""
    node = node.unnest()
    if kind in (None, GIVEN):
        return
    if isinstance(node, exp.Placeholder):
        if not node.name.startswith(":") and "." not in node.name:
            node.set("this", f"{node.name}.{kind}")
    elif isinstance(node, exp.Literal) and node.is_string and kind != "text":
        try:
            made = of_kind(node.this, kind, vendor)
        except NotOfKind as error:
            raise ParseError(str(error)) from error
        literal: exp.Expr = exp.Literal.string(str(made))
        if kind == "number":
            literal = exp.Literal.number(made)
        elif not isinstance(made, str):
            literal = exp.Cast(this=literal, to=exp.DataType.build("timestamp"))
        node.replace(literal)
