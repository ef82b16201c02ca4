"""The parameters of what `import frappe` has here, in Frappe's own trees: facts, read unrun.

    python -m tests.apps.frappes_signatures 15=TREE 16=TREE 17=TREE

writes `frappes_signatures.json`. A TREE is a folder that holds `frappe/__init__.py` at any depth,
or a git directory, whose HEAD is read. Lying beside it are those of 15.101, 16.9 and 17-dev.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hatch_build import NAMESPACE, modules, names

FACTS = Path(__file__).with_suffix(".json")
NEWER = (
    (r"(?m)^(\s*)type (\w+) =", r"\1\2 ="),
    (r"(?m)^(\s*(?:def|class) \w+)\[.+?\]", r"\1"),
    (r"(?m)^(\s*except) ([\w.]+, [\w., ]+):", r"\1 (\2):"),
)
"""Syntax of newer Pythons than this one may be."""
TOP = ast.If, ast.Try, ast.With
"""Statements whose insides are a module's names too."""


def served() -> dict[str, Any]:
    """Every function of ours and every method of a class of ours, by its path in Frappe."""
    import frappe.model.document

    found: dict[str, Any] = {}
    for path in modules():
        module = ".".join(path.relative_to(NAMESPACE).with_suffix("").parts)
        module = module.removesuffix(".__init__")
        there = importlib.import_module(module)
        for name, _ in names(path, module):
            thing = getattr(there, name, None)
            if inspect.isclass(thing) and _is_ours(thing):
                inherits = issubclass(thing, frappe.model.document.Document)
                inherits &= name not in ("Document", "BaseDocument")
                for own in filter(
                    lambda each: each[0] != "_", vars(thing) if inherits else dir(thing)
                ):
                    method = inspect.getattr_static(thing, own)
                    method = getattr(method, "__func__", method)
                    if inspect.isfunction(method) and _is_ours(method):
                        found[f"{module}.{name}.{own}"] = method
            elif inspect.isfunction(thing) and _is_ours(thing):
                found[f"{module}.{name}"] = thing
    cache_type = type(importlib.import_module("frappe").cache)
    for own, method in vars(cache_type).items():
        if not own.startswith("_") and inspect.isfunction(method):
            found[f"frappe.utils.redis_wrapper.RedisWrapper.{own}"] = method
    return found


def _is_ours(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith("frappe")


class Tree:
    """The sources of one version."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.is_git = (place / "HEAD").is_file()
        files = (
            self._git("ls-tree", "-r", "--name-only", "HEAD").splitlines()
            if self.is_git
            else [str(path.relative_to(place)) for path in place.rglob("frappe/__init__.py")]
        )
        tops = [file for file in files if f"/{file}".endswith("/frappe/__init__.py")]
        self.top = min(tops, key=len).removesuffix("frappe/__init__.py")
        self.files = frozenset(files)
        self.body = cache(self._body)

    def _git(self, *arguments: str) -> str:
        done = subprocess.run(
            ["git", "--git-dir", self.place, *arguments], capture_output=True, text=True, check=True
        )
        return done.stdout

    def _read(self, file: str) -> str | None:
        if self.is_git:
            return self._git("show", f"HEAD:{file}") if file in self.files else None
        path = self.place / file
        return path.read_text(encoding="utf-8") if path.is_file() else None

    def _body(self, module: str) -> list[ast.stmt]:
        """A module's statements, those within `if` and `try` too, the last ones first."""
        file = self.top + module.replace(".", "/")
        text = self._read(f"{file}.py") or self._read(f"{file}/__init__.py") or ""
        for newer, older in NEWER:
            text = re.sub(newer, older, text)

        def flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
            for node in body:
                yield node
                if isinstance(node, TOP):
                    yield from flat(
                        [each for each in ast.walk(node) if isinstance(each, ast.stmt)][1:]
                    )

        return list(flat(ast.parse(text).body))[::-1]

    def parameters(self, path: str) -> str | None:
        """As they stand in its `def`, without types and self; None where it has none."""
        parts = path.split(".")
        if parts[-2][:1].isupper():
            owner = self.find(".".join(parts[:-2]), parts[-2])
            found = self.method(*owner, parts[-1]) if owner else None
        else:
            owner = self.find(".".join(parts[:-1]), parts[-1])
            found = owner[1] if owner and isinstance(owner[1], ast.FunctionDef) else None
        return _written(found, parts[-2][:1].isupper()) if found else None

    def find(self, module: str, name: str, deep: int = 0) -> tuple[str, ast.stmt] | None:
        """Where a name is defined, through imports, and what defines it."""
        stars = []
        for node in self.body(module) if deep < 9 else ():
            if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name == name:
                return module, node
            if isinstance(node, ast.ImportFrom) and node.module:
                source = f"{module}.{node.module}" if node.level else node.module
                for alias in node.names:
                    if (alias.asname or alias.name) == name:
                        return self.find(source, alias.name, deep + 1)
                    if alias.name == "*" and source.startswith("frappe"):
                        stars.append(source)
        return next(filter(None, (self.find(each, name, deep + 1) for each in stars)), None)

    def method(self, module: str, owner: ast.stmt, name: str) -> ast.FunctionDef | None:
        """A class's own, else of its bases in their order."""
        assert isinstance(owner, ast.ClassDef)
        for node in owner.body[::-1]:
            if isinstance(node, ast.FunctionDef) and node.name == name:
                return node
        for base in owner.bases:
            found = self.find(module, base.id) if isinstance(base, ast.Name) else None
            if found and isinstance(found[1], ast.ClassDef) and (m := self.method(*found, name)):
                return m
        return None


def _written(function: ast.FunctionDef, is_method: bool) -> str:
    arguments = function.args
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    for each in (*every, arguments.vararg, arguments.kwarg):
        if each:
            each.annotation = None
    is_static = any(ast.unparse(each) == "staticmethod" for each in function.decorator_list)
    text = ast.unparse(arguments)
    return text.partition(", ")[2] if is_method and not is_static else text


def facts(trees: dict[str, Tree]) -> dict[str, dict[str, str]]:
    """By path: the parameters by the versions that have them, `{"15 16": "doctype, name=None"}`."""
    found: dict[str, dict[str, str]] = {}
    seen: set[tuple[int, str]] = set()
    for path, function in sorted(served().items()):
        by_text: dict[str, list[str]] = {}
        for version, tree in trees.items():
            if (text := tree.parameters(path)) is not None:
                by_text.setdefault(text, []).append(version)
        if by_text and (key := (id(function), str(by_text))) not in seen:
            seen.add(key)
            found[path] = {" ".join(versions): text for text, versions in by_text.items()}
    return found


if __name__ == "__main__":
    import frappe_celery  # noqa: F401 (puts `import frappe` in place)

    trees = {k: Tree(Path(v)) for k, _, v in (each.partition("=") for each in sys.argv[1:])}
    lines = (f"{json.dumps(k)}: {json.dumps(v)}" for k, v in facts(trees).items())
    FACTS.write_text("{\n" + ",\n".join(lines) + "\n}\n")
