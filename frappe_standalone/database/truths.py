"""Truth as a number and a number as truth, as MariaDB has them, where the two are apart."""

from __future__ import annotations

from sqlglot import exp

from frappe_standalone.database import comparing
from frappe_standalone.database.kinds import Kinds
from frappe_standalone.database.mariadb_sql import is_assignment

_TRUTHS = (exp.Predicate, exp.Connector, exp.Not, exp.Exists, exp.NullSafeEQ, exp.Escape)
_OF_TRUTHS = (exp.Where, exp.Having, exp.Not, exp.Connector, exp.Filter, exp.Escape)


def make_alike(node: exp.Expr, kinds: Kinds) -> None:
    """A number where truth is asked for is compared, truth where a number is asked for is one."""
    if isinstance(node, exp.Boolean):
        node.replace(exp.Literal.number(int(node.this)))
        return
    if isinstance(node, (exp.Where, exp.Having, exp.Not, exp.If, exp.Connector)):
        _make_true(node, "this", kinds)
    if isinstance(node, exp.Connector):
        _make_true(node, "expression", kinds)
    elif isinstance(node, exp.Join) and node.args.get("on"):
        _make_true(node, "on", kinds)
    if isinstance(node, _TRUTHS) and not _asks_for_truth(node):
        number = exp.Cast(this=exp.Paren(this=node.copy()), to=exp.DataType.build("int"))
        node.replace(number)


def _make_true(node: exp.Expr, key: str, kinds: Kinds) -> None:
    part = node.args[key]
    inner = part.unnest()
    if isinstance(inner, exp.Boolean):
        inner = exp.Literal.number(int(inner.this))
    if isinstance(inner, _TRUTHS):
        return
    kind, what, nothing = kinds.of(inner), inner.copy(), exp.Literal.number(0)
    if kind == "text":
        what = comparing.number_of(what)
    elif kind in ("date", "datetime"):
        nothing = exp.Literal.string("-infinity")
    node.set(key, exp.NEQ(this=what, expression=nothing))


def _asks_for_truth(node: exp.Expr) -> bool:
    parent = node.parent
    while isinstance(parent, exp.Paren):
        node, parent = parent, parent.parent
    if is_assignment(node):
        return True
    if isinstance(parent, exp.If):
        return parent.this is node
    if isinstance(parent, exp.Join):
        return parent.args.get("on") is node
    return isinstance(parent, _OF_TRUTHS)
