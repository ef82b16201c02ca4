"""Where each task can run: standalone too, or only in a bench, and by which names."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from frappe_check import namespace
from frappe_check.modules import Function, Module, statements
from frappe_check.tasks import DEPTH, TaskCode, Way

FOR_TYPES_ALONE = "frappe.types"
FRAPPES = ("frappe", "rq")
OTHER_APPS = ("erpnext",)
"""Apps of Frappe's that others import without saying so in `required_apps`."""


@dataclass(frozen=True)
class Need:
    """A name that a task uses and the standalone host has not."""

    name: str
    path: Path
    line: int


@dataclass(frozen=True)
class TaskPlace:
    """A task, and what keeps it in a bench."""

    function: Function
    ways: list[Way]
    needs: list[Need]
    """One place a name; none: it can run standalone."""


class Places:
    """Where the tasks of an app can run, as far as its own sources tell."""

    def __init__(self, code: TaskCode) -> None:
        self.app = code.app
        self._code = code
        others = {*OTHER_APPS, *self.app.hooks.required_apps} - {self.app.name, "frappe"}
        self._benches = {app for app in others if not self._lies_beside(app)}
        self._of_function: dict[Function, list[Need]] = {}

    def _lies_beside(self, app: str) -> bool:
        """Whether that app is there as this one is, in a project or in a bench's `apps`."""
        own = self.app.folder.absolute().parent
        folders = (own / app, own.parent / app / app)
        return any((folder / "hooks.py").is_file() for folder in folders)

    def all(self) -> list[TaskPlace]:
        jobs = sorted(self._code.jobs.items(), key=lambda item: item[0].name)
        return [TaskPlace(function, ways, self._needs(function)) for function, ways in jobs]

    def _needs(self, task: Function) -> list[Need]:
        reached = self.app.reach(task, DEPTH)
        modules: dict[Module, None] = {}
        for function in reached:
            self._imported(function.module, modules)
        found = [need for module in modules for need in self._of(module)]
        found += [need for function in reached for need in self._used(function)]
        first: dict[str, Need] = {}
        for need in found:
            first.setdefault(need.name, need)
        return list(first.values())

    def _imported(self, module: Module, seen: dict[Module, None]) -> None:
        """A module and those of this app that importing it imports."""
        if module in seen:
            return
        seen[module] = None
        for node in _imports(module):
            for name in module.imported(node).values():
                found = self.app.find(name)
                if found is not None:
                    self._imported(found[0], seen)

    def _of(self, module: Module) -> list[Need]:
        """What importing a module needs: the packages of other apps."""
        return [
            Need(name, module.path, node.lineno)
            for node in _imports(module)
            for name in _names(module, node)
            if name.partition(".")[0] in self._benches
        ]

    def _used(self, function: Function) -> list[Need]:
        """What calling a function needs: what its body uses, its decorators and its class's bases.

        A name of Frappe's that is only imported stops nothing (`standalone.namespace.absent`).
        """
        if function not in self._of_function:
            module, bases = function.module, function.owner.bases if function.owner else []
            self._of_function[function] = [
                Need(name, module.path, node.lineno)
                for root in (*function.node.body, *function.node.decorator_list, *bases)
                for node in ast.walk(root)
                if isinstance(node, ast.ImportFrom | ast.Import | ast.Attribute | ast.Name)
                for name in self._names_in(node, function)
                if self._is_missing(name.removesuffix(".*"))
            ]
        return self._of_function[function]

    def _names_in(
        self, node: ast.ImportFrom | ast.Import | ast.Attribute | ast.Name, function: Function
    ) -> list[str]:
        module = function.module
        if isinstance(node, ast.ImportFrom | ast.Import):
            return _names(module, node)
        if isinstance(node, ast.Attribute):
            return [self._asked_for(module.full(node))]
        return [] if node.id in function.local else [module.imports.get(node.id, "")]

    def _asked_for(self, name: str) -> str:
        """As much of a dotted name as is looked at: two parts, of modules and `frappe.db` three."""
        parts = name.split(".")
        if parts[0] != "frappe" or len(parts) < 2:
            return ""
        deep = parts[1] == "db" or parts[1] in namespace.modules_of_frappe()
        return ".".join(parts[: 3 if deep else 2])

    def _is_missing(self, name: str) -> bool:
        head = name.partition(".")[0]
        if head in FRAPPES:
            return not name.startswith(FOR_TYPES_ALONE) and not namespace.has(name)
        return head in self._benches


def _names(module: Module, node: ast.Import | ast.ImportFrom) -> list[str]:
    """What a statement asks for, in full."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return list(module.imported(node).values())


@cache
def _imports(module: Module) -> list[ast.Import | ast.ImportFrom]:
    """Those that run when the module is imported, but for guarded ones."""
    guarded = {
        inner
        for node in statements(module.tree.body)
        if isinstance(node, ast.Try | ast.If)
        for inner in ast.walk(node)
    }
    return [
        node
        for node in statements(module.tree.body)
        if isinstance(node, ast.Import | ast.ImportFrom) and node not in guarded
    ]
