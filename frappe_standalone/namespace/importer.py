"""Serves `import frappe` and `import rq` where neither is installed.

A finder in `sys.meta_path` looks for the real packages first, and only a package with an
`__init__.py` counts: a stray folder called `frappe` does not. Nothing is put into site-packages.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from os.path import exists
from threading import get_ident
from types import ModuleType
from typing import Any

from frappe_celery.host import installed
from frappe_standalone.missing import (
    MissingModule,
    missing_attribute,
    missing_import,
    missing_module,
)
from frappe_standalone.namespace import statement
from frappe_standalone.namespace.absent import stand_in
from frappe_standalone.namespace.table import NAMESPACE, table

SERVED = ("frappe", "rq")
PACKAGE, FORMER = "frappe_standalone", "frappe_celery.hosts.standalone"
_MOVED = {
    f"{PACKAGE}.documents.clearing": f"{PACKAGE}.documents.meta",
    f"{PACKAGE}.jobs.background_jobs": f"{PACKAGE}.jobs.rq_names",
    f"{PACKAGE}.schedule.dormancy": f"{PACKAGE}.schedule.scheduler",
    f"{PACKAGE}.utils.callbacks": f"{PACKAGE}.database.transaction",
}
"""Modules whose functions jobs that wait may name, and where these are now."""


def install() -> None:
    """Put the finders in place, once. Cheap: nothing is looked for until it is imported."""
    if not any(isinstance(finder, NamespaceFinder) for finder in sys.meta_path):
        sys.meta_path[:0] = NamespaceFinder(), FormerName()


def is_served(name: str) -> bool:
    """Whether the module of that name, already imported, is our stand-in."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return spec is not None and isinstance(spec.loader, NamespaceLoader)


def look_up(module: ModuleType, name: str) -> object:
    """A submodule that nobody imported yet, for a module's `__getattr__`.

    `from module import name` of what is not there gets a stand-in, unless it is inside a `try`. It
    is bound where that statement binds it and nowhere else: `hasattr(frappe, …)` tells the truth.

    Raises:
        NeedsFrappeSite: there is none of that name.
    """
    submodule = f"{module.__name__}.{name}"
    if not name.startswith("__") and _spec(submodule) is not None:
        return import_module(submodule)
    frame = statement.outside(module.__dict__.get("__file__") or "")
    if statement.instruction(frame) != statement.IMPORT_FROM:
        raise missing_attribute(module.__name__, name)
    if statement.is_guarded(frame):
        raise missing_import(module.__name__, name, statement.is_expected(frame))
    return stand_in(submodule, statement.place(frame))


def add_name(path: str, thing: object) -> None:
    """Have `frappe.…` stand for something of an app's own, until a real Frappe is installed.

    Args:
        path: with its module, which need not be there: `frappe.desk.form.assign_to.add`.
    """
    module, _, name = path.rpartition(".")
    if installed.find_real("frappe") is None:
        setattr(_module(module), name, thing)


def _module(name: str) -> ModuleType:
    try:
        return import_module(name)
    except MissingModule:
        parent, _, last = name.rpartition(".")
        module = NamespaceModule(name, "Made by `add_name`.")
        module.__path__ = []
        module.__dict__["__getattr__"] = lambda attribute: look_up(module, attribute)
        setattr(_module(parent), last, module)
        sys.modules[name] = module
        return module


class NamespaceModule(ModuleType):
    """A module of the namespace; an absent one that was imported below it is not bound to it."""

    def __reduce__(self) -> tuple[Any, ...]:
        """By its name, as any module: a function that travels by value may use it."""
        return import_module, (self.__name__,)

    def __setattr__(self, name: str, value: object) -> None:
        if not isinstance(value, AbsentModule):
            super().__setattr__(name, value)
        else:
            _under_way.discard((get_ident(), value.__name__))
            _forget_absent()


class AbsentModule(NamespaceModule):
    """A module that is not there, while a statement imports it: `import a.b`, `from a.b import c`.

    The import system wants it in `sys.modules` until then; afterwards another import of it, which
    may be inside a `try`, must find nothing there.
    """

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        frame = statement.outside()
        if statement.is_guarded(frame):  # it is there because of another thread's import
            raise missing_import(self.__name__, name, statement.is_expected(frame))
        return stand_in(f"{self.__name__}.{name}", statement.place(frame))


_under_way: set[tuple[int, str]] = set()
"""Which thread imports which absent module: another may be at a package that both go through."""


def _forget_absent() -> None:
    if not _under_way:
        for name, module in list(sys.modules.items()):
            if isinstance(module, AbsentModule):
                del sys.modules[name]


class NamespaceLoader(SourceFileLoader):
    """Gives every module the names that the table has for it, and what its file has.

    And a `__getattr__` for its submodules and for what is missing.
    """

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return NamespaceModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__getattr__"] = lambda name: look_up(module, name)
        if exists(self.path):
            exec(table().get(self.path, ""), module.__dict__)
        super().exec_module(module)

    def get_data(self, path: str) -> bytes:
        """A file's text; of one that is not there the statements that the table has instead."""
        lines = None if exists(path) else table().get(path)
        return super().get_data(path) if lines is None else lines.encode()


class AbsentLoader(Loader):
    """Loads modules that are not there."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return AbsentModule(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing."""


class NamespaceFinder(MetaPathFinder):
    """Finds `frappe`, `rq` and what is below them in the table and the folder beside it."""

    stands_in = True
    """True: what is found here stands in for the real ones (`config.installed`)."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top not in SERVED:
            return None
        if fullname == top:
            return None if installed.find_real(top) else _spec(fullname)
        return _spec(fullname) or _absent(fullname) if is_served(top) else None


class FormerName(MetaPathFinder, Loader):
    """Finds this package's modules as jobs that wait and pickles call them: the same ones."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        is_former = f"{fullname}.".startswith(f"{FORMER}.") or fullname in _MOVED
        return ModuleSpec(fullname, self) if is_former else None

    def exec_module(self, module: ModuleType) -> None:
        today = module.__name__.replace(FORMER, PACKAGE)
        sys.modules[module.__name__] = import_module(_MOVED.get(today, today))


def _absent(fullname: str) -> ModuleSpec:
    """For a module that is not there, where an `import` statement outside of a `try` names it."""
    frame = statement.outside()
    wanted = statement.imported_module(frame) or ""
    if not f"{wanted}.".startswith(f"{fullname}.") or statement.is_guarded(frame):
        raise missing_module(fullname, statement.is_expected(frame))
    _under_way.add((get_ident(), wanted))
    return ModuleSpec(fullname, AbsentLoader(), is_package=True)


def _spec(fullname: str) -> ModuleSpec | None:
    place = f"{NAMESPACE}/{fullname.replace('.', '/')}"
    for file, folder in ((f"{place}/__init__.py", [place]), (f"{place}.py", None)):
        if file in table() or exists(file):
            loader = NamespaceLoader(fullname, file)
            spec = spec_from_file_location(
                fullname, file, loader=loader, submodule_search_locations=folder
            )
            assert spec is not None
            spec.loader_state = installed.STANDS_IN
            return spec
    return None
