"""What in a module can hold something from one job to the next."""

from __future__ import annotations

import dis
import sys
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cached_property, lru_cache, partial
from threading import local
from types import BuiltinMethodType, CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from frappe_celery.worker.state.cells import (
    DICTIONARY,
    FACTORY,
    KINDS,
    PYTHONS,
    WEAK,
    Cell,
    Names,
    cell_of,
    slots_of,
)

DEEPEST = 8
"""How far what stands in one thing is followed."""
STORE_GLOBAL = dis.opmap["STORE_GLOBAL"]
STORES = frozenset(dis.opmap[name] for name in ("STORE_SUBSCR", "DELETE_SUBSCR"))
CHANGING = frozenset(
    (
        *("add", "append", "appendleft", "clear", "discard", "extend", "insert", "pop", "popitem"),
        *("popleft", "remove", "reverse", "setdefault", "sort", "update", "__setitem__"),
    )
)
"""Methods by which code changes a container."""
CACHE = type(lru_cache(len))
CONTAINERS = (*KINDS, tuple, frozenset)
ITERABLE = (dict, set, list, deque, tuple, frozenset)
WRAPPERS: dict[type, tuple[str, ...]] = {
    **dict.fromkeys((classmethod, staticmethod), ("__func__",)),
    BuiltinMethodType: ("__self__",),
    MethodType: ("__func__", "__self__"),
    cached_property: ("func",),
    partial: ("func", "args", "keywords", "__dict__"),
    property: ("fget", "fset", "fdel"),
}
"""What has functions or containers, and where."""
OBJECTS = frozenset(
    (
        *("argparse.Namespace", "asyncio.mixins._LoopBoundMixin", "configparser.RawConfigParser"),
        *("collections.ChainMap", "collections.UserDict", "collections.UserList"),
        *("queue.Queue", "threading.Event", "threading.Semaphore", "types.SimpleNamespace"),
        *("requests.sessions.Session", "requests.structures.CaseInsensitiveDict"),
        *("functools.partialmethod", "http.cookiejar.CookieJar", "logging.LoggerAdapter"),
        "_thread._local",
    )
)
"""Classes of libraries whose objects, and those of subclasses, are looked into as an app's are."""


class Finder:
    """Looks into modules of some packages, and has what it found there: each thing once, under the
    name of whoever had it first.

    Args:
        packages: whose modules, classes and objects are looked into.
        is_kept: whether a thing, by its dotted name, may stay as a job left it.
    """

    def __init__(self, packages: Iterable[str], is_kept: Callable[[str], object]) -> None:
        self.packages = frozenset(packages)
        self.is_kept = is_kept
        self.cells: list[Cell] = []
        """All: also what stands within containers and objects, and what functions hold."""
        self.containers: list[Cell] = []
        """Those of modules and of their classes."""
        self.rebound: set[tuple[Names, str]] = set()
        """Names of a module that a function declares `global`, and sets."""
        self.caches: dict[str, Any] = {}
        """Caches of `functools`, by the function's dotted name."""
        self.written: set[int] = set()
        """Ids of containers of classes, and of those that a function seems to change, which has
        them by a global name."""
        self._seen: dict[int, Any] = {}
        """By id, and so held: no other thing gets that id."""

    def is_of_ours(self, module: Any) -> bool:
        """Whether a module, by its name, is of the packages."""
        return isinstance(module, str) and module.partition(".")[0] in self.packages

    def keep(self, module: ModuleType) -> None:
        """Leave out what a module names that is kept, whoever else has it too: no module, and only
        its own classes and functions."""
        names = vars(module)
        for name, value in [*names.items()] if self.is_new(names) else []:
            if self.is_kept(f"{module.__name__}.{name}"):
                of_code = issubclass(type(value), (type, FunctionType, CACHE, ModuleType))
                if not of_code or getattr(value, "__module__", None) == module.__name__:
                    self._seen[id(value)] = value

    def look(self, module: ModuleType) -> None:
        """Find what is in a module and was not found before."""
        if self.is_new(module):
            self.keep(module)
            names = Names(module.__name__, module, self.is_kept)
            _Look(self, names).into(names, 0)

    def is_new(self, value: Any) -> bool:
        """Whether it was not found before."""
        is_new = id(value) not in self._seen
        if is_new:
            self._seen[id(value)] = value
        return is_new


class _Look:
    """One look into a module, for what its code may change."""

    def __init__(self, finder: Finder, module: Names) -> None:
        self.finder = finder
        self.module = module

    def into(self, names: Names, depth: int) -> None:
        """Look at the names of the module or of a class of it."""
        self.finder.cells.append(names)
        for name, value in [*names.before.items()]:
            if type(value) not in _ATOMS and name not in PYTHONS:
                self._at(f"{names.name}.{name}", value, depth)

    def _at(self, name: str, value: Any, depth: int) -> None:
        kind = type(value)  # not `isinstance`, by which a proxy is what it stands for
        if kind in _ATOMS or depth > DEEPEST or self.finder.is_kept(name):
            return
        if kind is FunctionType:
            self._at_function(name, value, depth)
        elif kind is CACHE:
            if self._is_of_ours(value) and self.finder.is_new(value):
                self.finder.caches[f"{value.__module__}.{value.__qualname__}"] = value
                self._at(f"{name}.__dict__", value.__dict__, depth + 2)
        elif issubclass(kind, type):
            of_module = getattr(value, "__module__", None) == self.module.name
            if of_module and self.finder.is_new(value):
                self.into(Names(name, value, self.finder.is_kept), depth + 1)
        elif kind in WRAPPERS:
            for inner in WRAPPERS[kind]:
                self._at(name, getattr(value, inner), depth)
        elif self._is_looked_into(kind, value) and self.finder.is_new(value):
            self._at_container(name, value, depth)
            if kind not in KINDS and not issubclass(kind, WEAK):
                self._at_attributes(name, value, depth)

    def _is_looked_into(self, kind: type, value: Any) -> bool:
        if issubclass(kind, ModuleType):
            return sys.modules.get(ModuleType.__getattribute__(value, "__name__")) is not value
        if issubclass(kind, CONTAINERS) or self._is_of_ours(kind):
            return True
        return any(f"{base.__module__}.{base.__qualname__}" in OBJECTS for base in kind.__mro__)

    def _at_container(self, name: str, value: Any, depth: int) -> None:
        cell = cell_of(name, value)
        if cell is not None:
            self.finder.cells.append(cell)
            if depth < 2 and cell.kind.is_container:
                self.finder.containers.append(cell)
                if depth == 1:
                    self.finder.written.add(id(value))
        if issubclass(type(value), defaultdict):
            self.finder.cells.append(Cell(f"{name}.default_factory", value, FACTORY))
        held = cell.before if cell else value
        if issubclass(type(held), ITERABLE):
            for key, inner in held.items() if isinstance(held, dict) else enumerate(held):
                self._at(f"{name}[{key!r}]", inner, depth + 2)

    def _at_attributes(self, name: str, value: Any, depth: int) -> None:
        attributes: dict[Any, Any] = {}
        with suppress(AttributeError):
            base = local if issubclass(type(value), local) else object
            attributes = base.__getattribute__(value, "__dict__")
            keeps_it = base is object and object.__getattribute__(value, "__dict__") is attributes
            if keeps_it:
                self.finder.cells.append(Cell(name, value, DICTIONARY))
            self.finder.cells.append(Cell(name, attributes))
        slots = slots_of(type(value))
        if slots:
            self.finder.cells.append(Cell(name, value, slots))
            attributes = {**attributes, **dict(enumerate(slots.read(value)))}
        for attribute, inner in [*attributes.items()]:
            self._at(f"{name}.{attribute}", inner, depth + 2)

    def _at_function(self, name: str, function: FunctionType, depth: int) -> None:
        if not self._is_of_ours(function) or not self.finder.is_new(function):
            return
        codes = [*codes_in(function.__code__)]
        if function.__module__ == self.module.name:
            rebound = (name for code in codes for name in _rebound(code))
            self.finder.rebound |= {(self.module, name) for name in rebound}
        if any(map(_changes, codes)):
            values = (function.__globals__.get(name) for code in codes for name in code.co_names)
            self.finder.written |= {id(value) for value in values}
        self.finder.cells.append(Cell(name, function, KINDS[FunctionType]))
        if function.__dict__:
            self._at(f"{name}.__dict__", function.__dict__, depth + 2)
        held = [*(function.__defaults__ or ()), function.__kwdefaults__]
        for closed in filter(self.finder.is_new, function.__closure__ or ()):
            self.finder.cells.append(Cell(f"{name}(…)", closed, KINDS[CellType]))
            held += self.finder.cells[-1].before
        for inner in held:
            self._at(f"{name}(…)", inner, depth + 2)

    def _is_of_ours(self, value: Any) -> bool:
        return self.finder.is_of_ours(getattr(value, "__module__", None))


_ATOMS = frozenset((type(None), bool, str, bytes, int, float, complex))


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """It, and that of the functions and classes in it."""
    pending = [code]
    for one in pending:
        yield one
        pending += (inner for inner in one.co_consts if isinstance(inner, CodeType))


def _changes(code: CodeType) -> bool:
    """Whether it changes a container, whichever."""
    return not (CHANGING.isdisjoint(code.co_names) and STORES.isdisjoint(code.co_code[::2]))


def _rebound(code: CodeType) -> set[str]:
    """Global names that it gives another value."""
    if STORE_GLOBAL not in code.co_code[::2]:
        return set()
    return {s.argval for s in dis.get_instructions(code) if s.opcode == STORE_GLOBAL}
