"""`frappe_celery.hosts.standalone`, as jobs that wait and pickles call this package."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

FORMER = "frappe_celery.hosts.standalone"
PACKAGE = __name__.partition(".")[0]


class FormerName(MetaPathFinder, Loader):
    """Finds the modules of today under their former names: the same ones, not a second time."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname == FORMER or fullname.startswith(f"{FORMER}."):
            return ModuleSpec(fullname, self)
        return None

    def exec_module(self, module: ModuleType) -> None:
        former = module.__name__
        sys.modules[former] = import_module(PACKAGE + former.removeprefix(FORMER))
