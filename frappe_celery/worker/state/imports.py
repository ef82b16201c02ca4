"""Tells when modules of some packages are imported while jobs run, and what an import that was
interrupted left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.machinery import ModuleSpec
from itertools import takewhile
from types import ModuleType
from typing import Any


class Imports:
    """A finder for `sys.meta_path`, before all others, which finds as they do.

    Args:
        is_watched: of a module, by its name.
        chain: entered before the first of a chain of modules that import each other is executed,
            left once the chain is done.
        executed: called with each once its code has run, before anybody can use it.
        loaders: of which type their loaders are.
    """

    def __init__(
        self,
        is_watched: Callable[[str], bool],
        chain: Callable[[], AbstractContextManager[object]],
        executed: Callable[[ModuleType], object],
        loaders: type = object,
    ) -> None:
        self._is_watched = is_watched
        self._chain, self._executed, self._loaders = chain, executed, loaders
        self._searched: set[str] = set()
        self._depth = 0

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The module's spec as the other finders have it; None for one that is not watched."""
        if name in self._searched or not self._is_watched(name):
            return None
        self._searched.add(name)
        try:
            for finder in sys.meta_path:
                spec = finder is not self and finder.find_spec(name, path, target)
                if spec:
                    self._watch(spec)
                    return spec
        finally:
            self._searched.discard(name)
        return None

    def _watch(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        of_ours = isinstance(spec.loader, self._loaders) and hasattr(loader, "exec_module")
        if isinstance(loader, type) or not of_ours:
            return  # built-in and frozen modules share a class
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            vars(loader).pop("exec_module", None)
            with nullcontext() if self._depth else self._chain():
                self._depth += 1
                try:
                    execute(module)
                    self._executed(module)
                finally:
                    self._depth -= 1

        loader.exec_module = exec_module


class Orphans:
    """Modules of packages that are not there: who imports such a package fails from then on.

    An exception or a time limit in a package's import takes the package out of `sys.modules`, and
    not what it had imported of itself. Some libraries have orphans that harm nobody.
    """

    def __init__(self) -> None:
        self._modules, self._last = 0, ""
        self._known: set[str] = set()
        self.new()

    def new(self) -> list[str]:
        """Those that came since the last look. The names before are not touched: in a fork each is
        on a page that is its parent's."""
        count = len(sys.modules)
        if count == self._modules:
            return []
        come = [*takewhile(self._last.__ne__, reversed(sys.modules))]
        if count < self._modules + len(come):  # some are gone
            come = [*sys.modules]
        self._modules, self._last = count, next(reversed(sys.modules))
        new = {one for one in come if one.rpartition(".")[0] not in sys.modules and "." in one}
        new -= self._known
        self._known |= new
        return sorted(new)
