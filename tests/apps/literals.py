"""Finds the literal SQL texts in an app's sources: what `frappe.db.sql` is given, written out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from frappe_check.app import App
from frappe_check.syntax import dotted, keyword
from frappe_check.tasks import TaskCode

_CALLS = ("frappe.db.sql", "frappe.db.sql_list", "frappe.db.multisql")


@dataclass
class Statement:
    """One call."""

    app: str
    where: str
    text: str
    has_values: bool
    is_a_tasks: bool
    """Whether a job runs it, as far as its calls can be read."""


def statements(app: Path) -> Iterator[Statement | None]:
    """The app's, those of its tests and patches too; None for each whose text is made by code."""
    code = TaskCode(App(app))
    jobs = (function for function, root in code.reached.items() if root in code.jobs)
    of_jobs = {(each.module.path, call.lineno) for each in jobs for call in each.calls}
    sources = list(_sources(app))
    shared = {name: text for _, tree in sources for name, text in _texts(tree) if name.isupper()}
    for path, tree in sources:
        scopes = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)]
        for scope in (tree, *scopes):
            names = shared | dict(_texts(scope))
            for call in _own(scope):
                if isinstance(call, ast.Call) and dotted(call.func) in _CALLS and call.args:
                    text = _literal(call.args[0], names)
                    yield text and Statement(
                        app.name,
                        f"{path.relative_to(app.parent)}:{call.lineno}",
                        text.strip(),
                        len(call.args) > 1 or keyword(call, "values") is not None,
                        (path, call.lineno) in of_jobs,
                    )


def _sources(app: Path) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(app.rglob("*.py")):
        with suppress(SyntaxError):  # of a newer Python
            yield path, ast.parse(path.read_text(encoding="utf8"))


def _own(scope: ast.AST) -> Iterator[ast.AST]:
    """What is in a function, and not in one within."""
    for node in ast.iter_child_nodes(scope):
        if not isinstance(node, ast.FunctionDef):
            yield node
            yield from _own(node)


def _texts(scope: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that are given a literal text there, and nothing else."""
    given: dict[str, list[str | None]] = {}
    for node in _own(scope):
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AugAssign):
            targets = [node.target]
        for target in targets:
            if isinstance(target, ast.Name):
                is_all = isinstance(node, ast.Assign)
                given.setdefault(target.id, []).append(_literal(node.value, {}) if is_all else None)
    for name, (text, *more) in given.items():
        if text and not more:
            yield name, text


def _literal(node: ast.AST, names: Mapping[str, str]) -> str | None:
    """The text that an expression is, None where it is made at run time."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.FormattedValue):
        return _literal(node.value, names)
    if isinstance(node, ast.Dict):  # multisql's
        keys = [key.value if isinstance(key, ast.Constant) else "" for key in node.keys]
        return _literal(node.values[keys.index("mariadb")], names) if "mariadb" in keys else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        parts = [_literal(node.left, names), _literal(node.right, names)]
    elif isinstance(node, ast.JoinedStr):
        parts = [_literal(each, names) for each in node.values]
    else:
        return None
    return "".join(each for each in parts if each) if None not in parts else None
