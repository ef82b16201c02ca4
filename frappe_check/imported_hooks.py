"""hooks.py as its import says it, for `--import`: what code builds is told then."""

from __future__ import annotations

import ast
import importlib
import sys
from dataclasses import replace
from types import ModuleType

from frappe_check.hooks_file import HookEntry, Hooks, assignments
from frappe_check.modules import Module


def imported_hooks(read: Hooks) -> Hooks:
    """The same hooks with the values that they have after the import.

    Where that fails it is what was read, and says why.
    """
    try:
        values = vars(_imported(read.module))
    except (Exception, SystemExit) as error:
        why = f"the import fails: {type(error).__name__}: {error}"
        return replace(read, built=[replace(each, why=why) for each in read.built])
    told = Hooks(read.module, required_apps=read.required_apps)
    for hook, node in dict(assignments(read.module)).items():
        _take(told, hook, (), values.get(hook), node)
    return told


def _imported(module: Module) -> ModuleType:
    folder = module.path.parents[1] if "." in module.name else module.path.parent
    sys.path.insert(0, str(folder))
    try:
        return importlib.import_module(module.name)
    finally:
        sys.path.remove(str(folder))


def _take(told: Hooks, hook: str, path: tuple[str, ...], value: object, node: ast.stmt) -> None:
    if isinstance(value, str):
        told.entries.append(HookEntry(hook, path, value, node))
    elif isinstance(value, dict):
        for key, part in value.items():
            for word in key if isinstance(key, tuple) else (key,):
                told.take_key(hook, (*path, str(word)), node)
                _take(told, hook, (*path, str(word)), part, node)
    elif isinstance(value, list | tuple | set):
        for each in value:
            _take(told, hook, path, each, node)
