"""Frappe and ERPNext background jobs and schedules on Celery, task modules unchanged.

`celery -A frappe_celery worker`, `celery -A frappe_celery beat`. Importing is cheap: the Celery
app is built when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from frappe_celery.hosts.standalone.namespace.importer import (
    install as _serve_frappe_where_there_is_none,
)

if TYPE_CHECKING:
    from celery import Celery

    from frappe_celery.celery_app import setup
    from frappe_celery.enqueue_shim import enqueue, enqueue_doc, get_job, is_job_enqueued
    from frappe_celery.job_options import Retry, enqueue_at, enqueue_in, options

    app: Celery

_serve_frappe_where_there_is_none()

__version__ = "0.1.0"

_PUBLIC = {
    "setup": "celery_app",
    "enqueue": "enqueue_shim",
    "enqueue_doc": "enqueue_shim",
    "get_job": "enqueue_shim",
    "is_job_enqueued": "enqueue_shim",
    "Retry": "job_options",
    "enqueue_at": "job_options",
    "enqueue_in": "job_options",
    "options": "job_options",
}

__all__ = [
    "Retry",
    "app",
    "enqueue",
    "enqueue_at",
    "enqueue_doc",
    "enqueue_in",
    "get_job",
    "is_job_enqueued",
    "options",
    "setup",
]


def __getattr__(name: str) -> Any:
    if name == "app":
        value: Any = _build()
    elif name in _PUBLIC:
        value = getattr(import_module(f"frappe_celery.{_PUBLIC[name]}"), name)
    else:
        raise AttributeError(f"module 'frappe_celery' has no attribute {name!r}")
    globals()[name] = value
    return value


def _build() -> Celery:
    """The app, or the end of a `celery` command with a sentence that says why there is none.

    Of an Exception raised here Celery's command line would print the traceback.
    """
    from click import get_current_context

    from frappe_celery.celery_app import build
    from frappe_celery.errors import FrappeCeleryError

    try:
        return build()
    except FrappeCeleryError as exc:
        context = get_current_context(silent=True)
        if context is None or context.command.name != "celery":
            raise
        raise SystemExit(f"Error: {type(exc).__name__}: {exc}") from None
