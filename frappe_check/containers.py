"""Lists, dictionaries and sets that are made once, at the top of a module or class, and changed."""

from __future__ import annotations

import ast

from frappe_check.syntax import dotted, targets

_MAKERS = {"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "Counter"}
_CHANGES = {
    *("append", "appendleft", "extend", "insert", "add", "update", "setdefault"),
    *("pop", "popitem", "popleft", "remove", "discard", "clear"),
}


def changed(node: ast.AST) -> list[ast.expr]:
    """What a node changes the contents of, by a statement or a method."""
    if isinstance(node, ast.Call):
        method = node.func
        changes = isinstance(method, ast.Attribute) and method.attr in _CHANGES
        found = [method.value] if changes and isinstance(method, ast.Attribute) else []
    else:
        found = [each.value for each in targets(node) if isinstance(each, ast.Subscript)]
    return [_outermost(each) for each in found]


def _outermost(node: ast.expr) -> ast.expr:
    """`prices` of `prices[site][item]`."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return node


def is_container(value: ast.expr | None) -> bool:
    """Whether an expression makes one."""
    if isinstance(value, ast.Call):
        return dotted(value.func).rpartition(".")[2] in _MAKERS
    return isinstance(
        value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp
    )
