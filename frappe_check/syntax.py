"""Small questions that rules ask of a syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Loop = ast.For | ast.AsyncFor
Definition = ast.FunctionDef | ast.AsyncFunctionDef
DOCUMENTS = {f"frappe.{name}" for name in ("get_doc", "new_doc", "get_cached_doc", "get_last_doc")}
"""Functions that give a document, of the doctype that is named first."""


def dotted(node: ast.AST) -> str:
    """`a.b.c` as text; '' for anything but names and attributes of names."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def called(node: ast.AST) -> str:
    """The last part of what a call calls: `save` of `doc.save()`; '' for what is no call."""
    if not isinstance(node, ast.Call):
        return ""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def keyword(call: ast.Call, name: str) -> ast.expr | None:
    """What is given by that keyword."""
    return next((each.value for each in call.keywords if each.arg == name), None)


def has(call: ast.Call, name: str) -> bool:
    """Whether a keyword is given, or may be by `**`."""
    return any(each.arg in (name, None) for each in call.keywords)


def argument(call: ast.Call, place: int, name: str) -> ast.expr | None:
    """What is given at that place or by that keyword."""
    return call.args[place] if len(call.args) > place else keyword(call, name)


def text(node: ast.AST | None) -> str | None:
    """The value of a text that is written out."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return None


def is_true(node: ast.AST | None) -> bool:
    """Whether it is written out as True, or 1."""
    return isinstance(node, ast.Constant) and bool(node.value)


def is_false(node: ast.AST | None) -> bool:
    """Whether it is written out as False, 0 or None."""
    return isinstance(node, ast.Constant) and not node.value


def inside(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    for statement in statements:
        yield from ast.walk(statement)


def names_in(node: ast.AST) -> set[str]:
    """The plain names that stand in an expression."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def targets(statement: ast.AST) -> list[ast.expr]:
    """What a statement assigns to or deletes, tuples taken apart."""
    if isinstance(statement, (ast.Assign, ast.Delete)):
        found = list(statement.targets)
    elif isinstance(statement, (ast.AugAssign, ast.For, ast.AsyncFor)) or (
        isinstance(statement, ast.AnnAssign) and statement.value is not None
    ):
        found = [statement.target]
    else:
        return []
    flat: list[ast.expr] = []
    while found:
        target = found.pop(0)
        if isinstance(target, (ast.Tuple, ast.List)):
            found = [*target.elts, *found]
        else:
            flat.append(target.value if isinstance(target, ast.Starred) else target)
    return flat


def decorators(node: Definition) -> list[str]:
    """The name of each decorator, whether it is called or not."""
    return [dotted(getattr(each, "func", each)) for each in node.decorator_list]


def unparsed(node: ast.AST) -> str:
    """Its code; `…` where that is nested too deeply to be written."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "…"


def brief(node: ast.AST, most: int = 60) -> str:
    """Its code for a message, cut off where it is long."""
    whole = unparsed(node)
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"
