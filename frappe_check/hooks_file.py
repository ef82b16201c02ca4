"""hooks.py as its text says it: which names stand under which hook, and what code builds.

A hook may be a text, a list or a dictionary; what is put together by anything but literals and
names of literals cannot be told from the text. (A hooks.py here would make an app of this package.)
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from frappe_check.modules import Module, statements
from frappe_check.syntax import brief, text

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
    hook: str
    path: tuple[str, ...]
    """The keys that it stands under: `("cron", "0 9 * * *")`, `("Sales Invoice", "on_submit")`."""
    name: str
    node: ast.AST


@dataclass(frozen=True)
class Built:
    """A part of a hook that its text does not tell."""

    hook: str
    node: ast.AST
    why: str


@dataclass
class Hooks:
    module: Module
    entries: list[HookEntry] = field(default_factory=list)
    crons: list[tuple[str, ast.AST]] = field(default_factory=list)
    """Each expression, and where it stands."""
    built: list[Built] = field(default_factory=list)
    required_apps: list[str] = field(default_factory=list)

    @property
    def kept(self) -> set[str]:
        """State of modules that a worker's process keeps from job to job: `myapp.ml._model`."""
        return set(_texts(self.module, "frappe_celery_keep"))

    def take_key(self, hook: str, path: tuple[str, ...], node: ast.AST) -> None:
        """A key that leads to names: one below `cron` is an expression."""
        if hook == SCHEDULER_EVENTS and path[:1] == ("cron",) and len(path) == 2:
            self.crons.append((path[1], node))

    def of(self, hook: str) -> Iterator[HookEntry]:
        return (entry for entry in self.entries if entry.hook == hook)


def read_hooks(module: Module) -> Hooks:
    """Read the text of a hooks.py."""
    apps = [name.rpartition("/")[2] for name in _texts(module, "required_apps")]
    found = Hooks(module, required_apps=apps)
    for hook, node in assignments(module):
        value = _value(node, hook)
        if value is not None:
            _take(found, hook, (), value)
        elif isinstance(node, ast.ImportFrom):
            found.built.append(Built(hook, node, "it is imported"))
        else:
            found.built.append(Built(hook, node, "a statement changes a part of it"))
    return found


def _texts(module: Module, name: str) -> list[str]:
    """What a list that is written out says."""
    written = getattr(module.assigned.get(name), "elts", ())
    return [word for each in written if (word := text(each))]


def _value(node: ast.stmt, hook: str) -> ast.expr | None:
    """What a statement gives the hook as a whole, or adds to it."""
    target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
    is_whole = isinstance(target, ast.Name) and target.id == hook
    return getattr(node, "value", None) if is_whole else None


def assignments(module: Module) -> Iterator[tuple[str, ast.stmt]]:
    """The statements at the top of the file that bind or change a hook of functions."""
    for node in statements(module.tree.body):
        names: list[str] = []
        if isinstance(node, ast.Assign):
            names = [_head(each) for each in node.targets]
        elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.AnnAssign) and node.value):
            names = [_head(node.target)]
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            method = node.value.func
            names = [_head(method)] if isinstance(method, ast.Attribute) else []
        elif isinstance(node, ast.ImportFrom):
            names = list(module.imported(node))
        yield from ((name, node) for name in names if name in FUNCTIONS_IN)


def _head(node: ast.expr) -> str:
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _take(found: Hooks, hook: str, path: tuple[str, ...], node: ast.expr) -> None:
    """What an expression says about a hook."""
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
                found.take_key(hook, (*path, word), key)
                _take(found, hook, (*path, word), part)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.BitOr):
        _take(found, hook, path, node.left)
        _take(found, hook, path, node.right)
    elif isinstance(node, ast.Name) and (value := found.module.assigned.get(node.id)) is not None:
        _take(found, hook, path, value)
    else:
        found.built.append(Built(hook, node, f"it is built by `{brief(node)}`"))


def _words(module: Module, key: ast.expr | None) -> list[str]:
    """What a key says: a tuple of doctypes counts for each; '?' for what is not told."""
    if isinstance(key, ast.Tuple):
        return [word for each in key.elts for word in _words(module, each)]
    if isinstance(key, ast.Name):
        key = module.assigned.get(key.id)
    return [text(key) or "?"]
