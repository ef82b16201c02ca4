"""Whether a package is really installed: not as our stand-in for it, nor as a bare folder."""

from __future__ import annotations

import sys
from importlib.machinery import ModuleSpec


def find_real(name: str) -> ModuleSpec | None:
    """The installed package of that name; only one with an `__init__.py` counts.

    A finder that serves a stand-in says so: `stands_in` (`frappe_standalone.namespace.importer`).
    """
    for finder in sys.meta_path:
        if getattr(finder, "stands_in", False) or not hasattr(finder, "find_spec"):
            continue
        spec = finder.find_spec(name, None)
        if spec is not None and spec.origin is not None:
            return spec
    return None
