"""Runs at the start of every Python process of a bench that was switched on, so it imports nothing.

`frappe-celery enable` copies this file into the bench's environment, with a `.pth` that imports it;
`disable` removes both. When Frappe's modules that lead to RQ have been imported, it calls `switch`.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MODULES = (
    "frappe.utils.background_jobs",
    "frappe.utils.scheduler",
    "frappe.core.doctype.rq_job.rq_job",
    "frappe.core.doctype.scheduled_job_type.scheduled_job_type",
    "frappe.core.doctype.system_settings.system_settings",
)


class Finder:
    """Finds these modules as Python would, with a loader that tells us once they are there."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> Any:
        """The module's spec, None for any other module."""
        if name not in MODULES:
            return None
        for finder in sys.meta_path:
            spec: Any = finder is not Finder and finder.find_spec(name, path, target)
            if spec:
                spec.loader = Loader(spec.loader)
                return spec
        return None


class Loader:
    """The module's own loader, and afterwards `imported`."""

    def __init__(self, loader: Any) -> None:
        self.loader = loader

    def create_module(self, spec: Any) -> Any:
        """As its own loader does."""
        return self.loader.create_module(spec)

    def exec_module(self, module: Any) -> None:
        """As its own loader does, which it looks loaded by afterwards."""
        module.__loader__ = module.__spec__.loader = self.loader
        self.loader.exec_module(module)
        imported(module.__name__)


def imported(name: str) -> None:
    """Let the switch see to a module."""
    try:
        from frappe_celery.hosts.bench import switch
    except ModuleNotFoundError as exc:
        if exc.name != "frappe_celery":
            raise
        return  # the package was removed, which leaves stock Frappe
    switch.imported(name)


sys.meta_path.insert(0, Finder)
