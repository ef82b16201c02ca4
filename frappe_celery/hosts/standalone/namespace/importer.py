"""Serves `import frappe` and `import rq` where neither is installed.

A finder in `sys.meta_path` looks for the real packages first, and only a package with an
`__init__.py` counts: a stray folder called `frappe` does not. Nothing is put into site-packages.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

from frappe_celery.config.installed import find_real
from frappe_celery.hosts.standalone.missing import missing_module, missing_name

NAMESPACE = Path(__file__).parent
SERVED = ("frappe", "rq")


def install() -> None:
    """Put the finder in place, once. Cheap: nothing is looked for until it is imported."""
    if not any(isinstance(finder, NamespaceFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, NamespaceFinder())


def is_served(name: str) -> bool:
    """Whether the module of that name, already imported, is our stand-in."""
    spec = getattr(sys.modules.get(name), "__spec__", None)
    return spec is not None and isinstance(spec.loader, NamespaceLoader)


def look_up(module: ModuleType, name: str) -> object:
    """A submodule that nobody imported yet, for a module's `__getattr__`.

    Raises:
        NeedsFrappeSite: there is none of that name.
    """
    folder = module.__dict__.get("__path__")
    if folder and not name.startswith("__"):
        submodule = f"{module.__name__}.{name}"
        if PathFinder.find_spec(submodule, folder) is not None:
            return import_module(submodule)
    raise missing_name(module.__name__, name)


class NamespaceLoader(SourceFileLoader):
    """Gives every module a `__getattr__` for its submodules and for what is missing."""

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__getattr__"] = lambda name: look_up(module, name)
        super().exec_module(module)


class NamespaceFinder(MetaPathFinder):
    """Finds `frappe`, `rq` and what is below them in the namespace folder."""

    stands_in = True
    """Not the real ones (`config.installed`)."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        top = fullname.partition(".")[0]
        if top not in SERVED:
            return None
        if fullname == top:
            return None if find_real(top) else _spec(fullname, [str(NAMESPACE)])
        if not is_served(top):
            return None
        spec = _spec(fullname, path)
        if spec is None:
            raise missing_module(fullname)
        return spec


def _spec(fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
    found = PathFinder.find_spec(fullname, path)
    if found is None or found.origin is None:
        return None
    return spec_from_file_location(
        fullname,
        found.origin,
        loader=NamespaceLoader(fullname, found.origin),
        submodule_search_locations=found.submodule_search_locations,
    )
