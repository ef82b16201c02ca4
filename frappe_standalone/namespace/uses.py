"""Which names that are not there a function uses, read from its code without running it."""

from __future__ import annotations

import dis
import importlib
import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

from frappe_celery.host import NeedsFrappeSite
from frappe_standalone.database.database import Database
from frappe_standalone.namespace import statement
from frappe_standalone.namespace.absent import full_name, is_stand_in, missing_base
from frappe_standalone.namespace.importer import is_served

_LOADS_NAME = ("LOAD_GLOBAL", "LOAD_NAME")
_LOADS_ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD")


def missing_names(function: Callable[..., Any]) -> list[str]:
    """Names of Frappe's that it uses, itself or by functions and classes of its own module.

    What it asks of other objects, and what other modules use, is not seen.
    """
    todo: list[object] = [inspect.unwrap(function)]
    seen: set[int] = set()
    found: dict[str, None] = {}
    while todo:
        each = todo.pop()
        each = getattr(each, "__func__", each)
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, type):
            found |= dict.fromkeys(filter(None, [missing_base(each)]))
            todo += vars(each).values()
        elif isinstance(each, FunctionType):
            for name, thing in _named(each.__code__, each.__globals__):
                if name:
                    found[name] = None
                elif getattr(thing, "__module__", None) == each.__module__:
                    todo.append(inspect.unwrap(thing) if callable(thing) else thing)
    return list(found)


def _named(code: CodeType, names: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """The missing names that a code uses, and the globals that it uses ('' before those)."""
    thing: Any = None
    line = code.co_firstlineno
    module = ""
    guarded = statement.guarded_lines(code.co_filename)
    for step in dis.get_instructions(code):
        line = _line(step) or line
        if step.opname in _LOADS_NAME:
            thing = names.get(step.argval)
            yield (full_name(thing), None) if is_stand_in(thing) else ("", thing)
        elif step.opname in _LOADS_ATTRIBUTE and _is_looked_at(thing):
            missing, thing = _attribute(thing, step.argval)
            yield missing, None
        elif step.opname == "IMPORT_NAME":
            module = step.argval
        elif step.opname == "IMPORT_FROM" and not any(a <= line <= b for a, b in guarded):
            yield _import(module, step.argval), None
        else:
            thing = None
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _named(constant, names)


def _is_looked_at(thing: object) -> bool:
    return thing is Database or (isinstance(thing, ModuleType) and is_served(thing.__name__))


def _attribute(owner: Any, name: str) -> tuple[str, Any]:
    """Its full name where the owner does not have it, and what it is."""
    if owner.__name__ == "frappe" and name == "db":
        return "", Database
    try:
        return "", getattr(owner, name)
    except NeedsFrappeSite:
        return f"{owner.__name__}.{name}", None
    except AttributeError:
        return f"frappe.db.{name}", None


def _import(module: str, name: str) -> str:
    if module.partition(".")[0] != "frappe":
        return ""
    try:
        return _attribute(importlib.import_module(module), name)[0]
    except NeedsFrappeSite:
        return f"{module}.{name}"


def _line(step: dis.Instruction) -> int | None:
    positions = getattr(step, "positions", None)  # from Python 3.11 on
    return positions.lineno if positions else step.starts_line
