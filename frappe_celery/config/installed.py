"""Whether something can be imported: a module, a package itself and not our stand-in for it, a
method by its module's source."""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from importlib.machinery import ModuleSpec
from importlib.util import decode_source, find_spec
from pathlib import Path

STANDS_IN = "it stands in for the real one"
"""The `loader_state` of such a spec."""


def is_there(module: str) -> bool:
    """Whether a module of that name can be imported; nothing but what is above it is."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):  # what is above it is not there; no name at all
        return False


def find_real(name: str) -> ModuleSpec | None:
    """The installed package of that name: no bare folder, which has no `__init__.py`.

    A finder that serves a stand-in says so by `stands_in`, and its spec by `STANDS_IN`, since other
    finders ask it, ddtrace's say (`frappe_standalone.namespace.importer`).
    """
    for finder in sys.meta_path:
        if getattr(finder, "stands_in", False) or not hasattr(finder, "find_spec"):
            continue
        spec = finder.find_spec(name, None)
        if spec is not None and spec.origin is not None and spec.loader_state != STANDS_IN:
            return spec
    return None


def is_gone(path: str) -> bool:
    """Whether a method's dotted path leads nowhere, as far as that shows without its module being
    imported; the packages that it lies in are. Where its app is not there, only workers know."""
    module, _, name = path.rpartition(".")
    if not is_there(path.partition(".")[0]):
        return False
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return True
    except Exception:
        return False  # an app's own fault, which a job would tell
    if spec is None or spec.origin is None or not spec.origin.endswith(".py"):
        return spec is None
    try:
        names = _names(spec.origin, Path(spec.origin).stat().st_mtime_ns)
    except (OSError, SyntaxError, ValueError):
        return False
    return not names & {name, "*", "__getattr__"}


@lru_cache(maxsize=64)
def _names(file: str, _changed: int) -> frozenset[str]:
    """What a module's own statements bind, also under a condition; `*` where they import all."""
    from symtable import symtable  # the pages alone ask

    source = decode_source(Path(file).read_bytes())
    known = symtable(source, file, "exec").get_symbols()
    bound = {each.get_name() for each in known if each.is_assigned() or each.is_imported()}
    return frozenset(bound | {*re.findall(r"\bimport[\s\\]*(\*)", source)})
