"""Which names of `frappe` and `rq` the standalone host has, read from its own sources.

Its namespace is not imported: in a bench `import frappe` would find the real one.
"""

from __future__ import annotations

import ast
import runpy
from functools import cache
from importlib import import_module
from pathlib import Path

from frappe_check.modules import Module

PACKAGES = Path(__file__).parents[1]
NAMESPACE = PACKAGES / "frappe_standalone" / "namespace"
OBJECTS = {"frappe.db": "frappe.database.database.Database"}
"""What is made at run time, with its class, as in Frappe."""


@cache
def has(name: str) -> bool:
    """Whether there is something of that dotted name.

    Looked at as far as modules, classes and `frappe.db` go; what another object has is taken as
    there.
    """
    for thing, its_class in OBJECTS.items():
        if name.startswith(f"{thing}."):
            name = its_class + name.removeprefix(thing)
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        module = _module(".".join(parts[:end]))
        if module is not None:
            return _binds(module, parts[end:])
    return False


@cache
def modules_of_frappe() -> frozenset[str]:
    """The names of `frappe` that are modules: `utils`, `model`."""
    paths = {*map(Path, _table()), *NAMESPACE.glob("frappe/*")}
    there = {path.relative_to(NAMESPACE).parts for path in paths}
    return frozenset(parts[1].removesuffix(".py") for parts in there if parts[0] == "frappe")


def _binds(module: Module, rest: list[str]) -> bool:
    """Whether a module has the name, and what it stands for the names behind it."""
    if not rest:
        return True
    head, *tail = rest
    if head in module.classes:
        return not tail or _has_attribute(module, module.classes[head], tail[0])
    if head in module.functions or head in module.assigned:
        return True
    if head in module.imports:
        source = module.imports[head]
        known = tail and source.startswith("frappe")
        return not known or has(".".join((source, *tail)))
    return head in _made_on_demand(module) or any(
        _star_brings(star, rest) for star in _stars(module)
    )


def _star_brings(star: str, rest: list[str]) -> bool:
    module = _module(star)
    if module is not None:
        return _binds(module, rest)
    return not star.startswith("frappe") and hasattr(import_module(star), rest[0])


def _has_attribute(module: Module, owner: ast.ClassDef, name: str) -> bool:
    for node in ast.walk(owner):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found = node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found = node.attr
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found = node.id
        else:
            continue
        if found == name:
            return True
    return any(has(f"{module.full(base)}.{name}") for base in owner.bases)


def _made_on_demand(module: Module) -> set[str]:
    """What a module's `__getattr__` compares its argument with."""
    return {
        node.value
        for function in module.tree.body
        if isinstance(function, ast.FunctionDef) and function.name == "__getattr__"
        for compare in ast.walk(function)
        if isinstance(compare, ast.Compare)
        for node in compare.comparators
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _stars(module: Module) -> list[str]:
    return [
        node.module
        for node in module.tree.body
        if isinstance(node, ast.ImportFrom) and node.module and node.names[0].name == "*"
    ]


@cache
def _module(name: str) -> Module | None:
    """A module of the namespace's, or of this package's that the namespace takes it from."""
    head, *rest = name.split(".")
    root = PACKAGES / head if head.startswith("frappe_") else NAMESPACE / head
    place = root.joinpath(*rest)
    for path in (place / "__init__.py", place.with_suffix(".py")):
        listed = _table().get(str(path))
        if listed is not None or path.is_file():
            source = path.read_text(encoding="utf-8") if path.is_file() else ""
            tree = ast.parse(source)
            tree.body[:0] = ast.parse(listed or "").body
            return Module(name, path, source, tree)
    return None


@cache
def _table() -> dict[str, str]:
    """The names that are defined elsewhere: import statements by a module's file."""
    found: dict[str, str] = runpy.run_path(str(NAMESPACE / "table.py"))["table"]()
    return found
