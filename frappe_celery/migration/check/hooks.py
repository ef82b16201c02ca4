"""hooks.py as its text says it: which names stand under which hook, and what code builds.

A hook may be a text, a list or a dictionary (FRAPPE_FACTS 'Scheduler'); what is put together by
anything but literals and names of literals cannot be told from the text.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from frappe_celery.migration.check.modules import Module, statements
from frappe_celery.migration.check.syntax import dotted, text

SCHEDULER_EVENTS, DOC_EVENTS = "scheduler_events", "doc_events"
FUNCTIONS_IN = {
    *(SCHEDULER_EVENTS, DOC_EVENTS, "before_job", "after_job", "before_request", "after_request"),
    *("before_install", "after_install", "before_uninstall", "after_uninstall", "after_sync"),
    *("before_app_install", "after_app_install", "before_migrate", "after_migrate"),
    *("boot_session", "extend_bootinfo", "on_login", "on_logout", "on_session_creation"),
    *("permission_query_conditions", "has_permission", "override_whitelisted_methods"),
    *("auth_hooks", "notification_config", "override_doctype_dashboards", "standard_queries"),
    *("override_doctype_class", "extend_doctype_class", "website_path_resolver"),
    *("get_website_user_home_page", "has_website_permission", "regional_overrides"),
}
"""Hooks of Frappe's and ERPNext's whose texts, where they have a dot, are functions or classes."""


@dataclass(frozen=True)
class HookEntry:
    """One name in hooks.py."""

    hook: str
    path: tuple[str, ...]
    """The keys that it stands under: `("cron", "0 9 * * *")`, `("Sales Invoice", "on_submit")`."""
    name: str
    node: ast.AST


@dataclass(frozen=True)
class CronKey:
    """An expression under `scheduler_events["cron"]`."""

    expression: str
    node: ast.AST


@dataclass(frozen=True)
class Built:
    """A part of a hook that its text does not tell."""

    hook: str
    node: ast.AST
    why: str


@dataclass
class Hooks:
    """What a hooks.py says."""

    module: Module | None = None
    entries: list[HookEntry] = field(default_factory=list)
    crons: list[CronKey] = field(default_factory=list)
    built: list[Built] = field(default_factory=list)
    required_apps: list[str] = field(default_factory=list)

    def of(self, hook: str) -> Iterator[HookEntry]:
        """A hook's entries."""
        return (entry for entry in self.entries if entry.hook == hook)


def read_hooks(module: Module | None, by_import: bool = False) -> Hooks:
    """Read the text; with `by_import` import the file where that leaves something open."""
    if module is None:
        return Hooks()
    found = _read(module)
    if not by_import or not found.built:
        return found
    told = Hooks(module, required_apps=found.required_apps)
    try:
        values = vars(_imported(module))
    except Exception as error:
        for built in found.built:
            why = f"and the import fails: {type(error).__name__}: {error}"
            told.built.append(Built(built.hook, built.node, why))
        return Hooks(module, found.entries, found.crons, told.built, found.required_apps)
    for hook, node in _assignments(module):
        if hook in values and hook not in {entry.hook for entry in told.entries}:
            _take_value(told, hook, (), values[hook], node)
    return told


def _read(module: Module) -> Hooks:
    found = Hooks(module)
    required = module.assigned.get("required_apps")
    if isinstance(required, ast.List):
        names = [text(each) or "" for each in required.elts]
        found.required_apps = [name.rpartition("/")[2] for name in names if name]
    for hook, node in _assignments(module):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            if isinstance(node, ast.AugAssign) or dotted(_target(node)) == hook:
                _take(found, hook, (), node.value)
            else:
                found.built.append(Built(hook, node, "a part of it is set by a statement"))
        else:
            found.built.append(Built(hook, node, "a statement changes it or brings it along"))
    return found


def _target(node: ast.Assign | ast.AnnAssign) -> ast.expr:
    return node.targets[0] if isinstance(node, ast.Assign) else node.target


def _assignments(module: Module) -> Iterator[tuple[str, ast.stmt]]:
    """The statements at the top of the file that bind or change a hook of functions."""
    for node in statements(module.tree.body):
        names: list[str] = []
        if isinstance(node, ast.Assign):
            names = [_head(each) for each in node.targets]
        elif isinstance(node, ast.AnnAssign | ast.AugAssign):
            names = [_head(node.target)]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            names = [_head(node.value.func)] if "." in ast.unparse(node.value.func) else []
        elif isinstance(node, ast.ImportFrom):
            names = list(module.imported(node))
        for name in names:
            if name in FUNCTIONS_IN:
                yield name, node


def _head(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _take(found: Hooks, hook: str, path: tuple[str, ...], node: ast.expr) -> None:
    """What an expression says about a hook."""
    assert found.module is not None
    if isinstance(node, ast.Constant):
        if isinstance(node.value, str):
            found.entries.append(HookEntry(hook, path, node.value, node))
    elif isinstance(node, ast.List | ast.Tuple | ast.Set):
        for each in node.elts:
            _take(found, hook, path, each.value if isinstance(each, ast.Starred) else each)
    elif isinstance(node, ast.Dict):
        for key, part in zip(node.keys, node.values, strict=True):
            if key is None:
                _take(found, hook, path, part)
                continue
            for word in _words(found.module, key):
                _take_key(found, hook, (*path, word), key)
                _take(found, hook, (*path, word), part)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.BitOr):
        _take(found, hook, path, node.left)
        _take(found, hook, path, node.right)
    elif isinstance(node, ast.Name) and (value := found.module.assigned.get(node.id)) is not None:
        _take(found, hook, path, value)
    else:
        found.built.append(Built(hook, node, f"it is built by `{ast.unparse(node)[:60]}`"))


def _take_key(found: Hooks, hook: str, path: tuple[str, ...], node: ast.AST) -> None:
    if hook == SCHEDULER_EVENTS and path[:1] == ("cron",) and len(path) == 2:
        found.crons.append(CronKey(path[1], node))


def _words(module: Module, key: ast.expr | None) -> list[str]:
    """What a key says: a tuple of doctypes counts for each; '?' for what is not told."""
    if isinstance(key, ast.Tuple):
        return [word for each in key.elts for word in _words(module, each)]
    if isinstance(key, ast.Name):
        key = module.assigned.get(key.id)
    return [text(key) or "?"]


# -- by importing it


def _imported(module: Module) -> Any:
    package = module.name.partition(".")[0]
    folder: Path = module.path.parent if package == module.name else module.path.parents[1]
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(module.name)
    finally:
        sys.path.remove(str(folder))


def _take_value(
    found: Hooks, hook: str, path: tuple[str, ...], value: object, node: ast.stmt
) -> None:
    if isinstance(value, str):
        found.entries.append(HookEntry(hook, path, value, node))
    elif isinstance(value, dict):
        for key, each in value.items():
            for word in key if isinstance(key, tuple) else (key,):
                _take_key(found, hook, (*path, str(word)), node)
                _take_value(found, hook, (*path, str(word)), each, node)
    elif isinstance(value, list | tuple | set):
        for each in value:
            _take_value(found, hook, path, each, node)
