"""The class of a doctype's documents, and loaders for an app's own models.

Looked for in this order: `override_doctype_class` hooks, Frappe's path convention in the apps,
our own doctypes, loaders that an app registered; else plain Document.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from frappe_standalone.documents.doctypes import controller_module
from frappe_standalone.site.app_hooks import doctype_hooks
from frappe_standalone.site.calling import get_attr
from frappe_standalone.site.context import current_apps

Loader = Callable[[str | None], Any]

_OURS = {
    "Address": "frappe_standalone.documents.contacts.Address",
    "Comment": "frappe_standalone.documents.comments.Comment",
    "Communication": "frappe_standalone.documents.communications.Communication",
    "Contact": "frappe_standalone.documents.contacts.Contact",
    "File": "frappe_standalone.documents.files.File",
    "Role": "frappe_standalone.documents.accounts.Role",
    "RQ Job": "frappe_standalone.jobs.rq_documents.RQJob",
    "RQ Worker": "frappe_standalone.jobs.rq_documents.RQWorker",
    "Scheduled Job Type": "frappe_standalone.schedule.scheduled_job_type.ScheduledJobType",
    "Scheduler Event": "frappe_standalone.schedule.scheduler_event.SchedulerEvent",
    "ToDo": "frappe_standalone.documents.todos.ToDo",
    "User": "frappe_standalone.documents.accounts.User",
}
_loaders: dict[str, Loader] = {}
_plain: Any = None


def register_loader(doctype: str, loader: Loader) -> None:
    """Have `frappe.get_doc(doctype, name)`, and so `frappe.enqueue_doc`, give an object of yours.

    `loader(name)` returns the object, `loader(None)` a new one. It raises
    `frappe.DoesNotExistError` for a name that it does not know.
    """
    _loaders[doctype] = loader


def loader_of(doctype: str) -> Loader | None:
    """The loader registered for a doctype that no app has a controller for."""
    if doctype in _loaders and find_controller(doctype) is None:
        return _loaders[doctype]
    return None


def register_plain(document: type) -> None:
    """The class of documents that have no other (`document.Document`)."""
    global _plain
    _plain = document


def plain(values: Mapping[str, Any]) -> Any:
    """A new document of plain Document, whatever class apps have for its doctype."""
    return _plain(values)


def stored(doctype: str, name: str, for_update: bool | None = None) -> Any:
    """A stored document, or what an app's loader gives.

    Raises:
        DoesNotExistError: none of that name is on this site.
    """
    loader = loader_of(doctype)
    if loader is not None:
        return loader(None if name == doctype else name)
    return get_controller(doctype)(doctype, name, for_update=for_update)


def get_controller(doctype: str) -> Any:
    """The class of a doctype's documents, with what `extend_doctype_class` hooks mix in."""
    found = find_controller(doctype) or _plain
    mixed_in = doctype_hooks("extend_doctype_class").get(doctype)
    return _extended(*map(get_attr, reversed(mixed_in)), found) if mixed_in else found


@cache
def _extended(*bases: type) -> type:
    return type(bases[-1].__name__, bases, {"__module__": "extended"})  # pickled by its value


def find_controller(doctype: str) -> Any:
    """An app's or our own class for a doctype; None when there is none.

    Raises:
        ImportError: the controller's module is there and does not import, or lacks the class.
    """
    overrides = doctype_hooks("override_doctype_class").get(doctype)
    if overrides:
        return get_attr(overrides[-1])
    package, has_module = controller_module(doctype, current_apps())
    if doctype in _OURS and (not package or package.startswith("frappe.")):
        return get_attr(_OURS[doctype])
    if not has_module:
        return None
    module = importlib.import_module(package)
    name = doctype.replace(" ", "").replace("-", "")
    try:
        return getattr(module, name)
    except AttributeError:
        raise ImportError(
            f"{module.__name__} has no class {name}, the controller of {doctype!r}"
        ) from None
