"""Tells when modules are imported while jobs run, and what an import that was interrupted left."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.machinery import ModuleSpec, SourceFileLoader
from itertools import takewhile
from types import ModuleType
from typing import Any


class Imports:
    """A finder for `sys.meta_path`, before all others, which finds as they do.

    Args:
        is_apps: whether a module, by its name, is an app's; of others those of Python source are
            told of as well.
        chain: entered before the first of a chain of apps' modules that import each other is
            executed, left once the chain is done.
        executed: called with each once its code has run, before anybody can use it.
    """

    def __init__(
        self,
        is_apps: Callable[[str], bool],
        chain: Callable[[], AbstractContextManager[object]],
        executed: Callable[[ModuleType], object],
    ) -> None:
        self._is_apps, self._chain, self._executed = is_apps, chain, executed
        self._searched: set[str] = set()
        self._depth = 0

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        """The module's spec as the other finders have it."""
        if name in self._searched:
            return None
        self._searched.add(name)
        try:
            # without it: one of old, as botocore's six is; Python itself asks that
            others = [one for one in sys.meta_path if one is not self and hasattr(one, "find_spec")]
            for finder in others:
                spec = finder.find_spec(name, path, target)
                if spec:
                    self._watch(spec)
                    return spec
        finally:
            self._searched.discard(name)
        return None

    def _watch(self, spec: ModuleSpec) -> None:
        loader: Any = spec.loader
        if isinstance(loader, type) or not hasattr(loader, "exec_module"):
            return  # built-in and frozen modules share a class
        is_apps = self._is_apps(spec.name)
        if not (is_apps or isinstance(loader, SourceFileLoader)):
            return
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            vars(loader).pop("exec_module", None)
            with self._chain() if is_apps and not self._depth else nullcontext():
                self._depth += is_apps
                try:
                    execute(module)
                    self._executed(module)
                finally:
                    self._depth -= is_apps

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
