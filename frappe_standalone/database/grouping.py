"""What PostgreSQL wants where MariaDB guesses: each column grouped by or summed up, truth told."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from frappe_standalone.database import comparing
from frappe_standalone.database.kinds import Kinds
from frappe_standalone.database.mariadb_sql import is_assignment

_TRUTHS = (exp.Predicate, exp.Connector, exp.Not, exp.Exists, exp.NullSafeEQ, exp.Escape)
_OF_TRUTHS = (exp.Where, exp.Having, exp.Not, exp.Connector, exp.Filter, exp.Escape)


def group(select: exp.Select) -> None:
    """MariaDB gives any row's value for what is not grouped by; here it is the smallest."""
    group, having, order = (select.args.get(part) for part in ("group", "having", "order"))
    aliases = {each.alias: each.this for each in select.expressions if isinstance(each, exp.Alias)}
    for column in _own(select, having, exp.Column):
        is_within = column.find_ancestor(exp.AggFunc, exp.Having, exp.Select)
        if not column.table and column.name in aliases and isinstance(is_within, exp.Having):
            column.replace(exp.Paren(this=aliases[column.name].copy()))
    orders = order.expressions if order else []
    parts = [*select.expressions, *orders]
    aggregates = (each for part in [*parts, having] for each in _own(select, part, exp.AggFunc))
    if not group and all(_is_of_a_window(each) for each in aggregates):
        return
    grouped = _grouped(select, aliases)
    columns = [each for each in grouped if isinstance(each, exp.Column)]
    if any(each.name == "name" for each in columns) and not select.args.get("joins"):
        return
    sources = [select.args.get("from_"), *(select.args.get("joins") or [])]
    tables = {"", *(each.this.alias_or_name for each in sources if each)}
    for part in [*parts, having]:
        for column in _own(select, part, exp.Column):
            is_alias = any(part is each for each in orders) and column.name in aliases
            if is_alias or isinstance(column.this, exp.Star) or _is_one_of(column, columns):
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


def _is_one_of(column: exp.Column, others: list[exp.Column]) -> bool:
    return any(
        each.name == column.name
        and (each.table == column.table or not (each.table and column.table))
        for each in others
    )


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


# -- truth


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
