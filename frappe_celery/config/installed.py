"""Whether a module can be imported, and a package is really installed: not our stand-in for it."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec
from importlib.util import find_spec


def is_there(module: str) -> bool:
    """Whether a module of that name can be imported; nothing but what is above it is."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # what is above it is not there; no name at all
        return False


def find_real(name: str) -> ModuleSpec | None:
    """The installed package of that name: no bare folder, which has no `__init__.py`.

    A finder that serves a stand-in says so: `stands_in` (`frappe_standalone.namespace.importer`).
    """
    for finder in sys.meta_path:
        if getattr(finder, "stands_in", False) or not hasattr(finder, "find_spec"):
            continue
        spec = finder.find_spec(name, None)
        if spec is not None and spec.origin is not None:
            return spec
    return None
