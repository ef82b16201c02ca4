"""Frappe and ERPNext background jobs and schedules on Celery, task modules unchanged.

`celery -A frappe_celery worker`, `celery -A frappe_celery beat`. Importing is cheap: the Celery
app is built when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any
from warnings import warn

from frappe_celery.errors import (
    AbandonedJobError,
    BadTimeout,
    BrokerUnreachable,
    CannotTravel,
    CommitInDoubt,
    ConfigError,
    DeduplicateNeedsJobId,
    FrappeCeleryError,
    InvalidJobOperation,
    JobTimeoutException,
    NeedsFrappeSite,
    NoSuchJob,
    NotEnded,
    QueueOverloaded,
    Refused,
    UnknownQueue,
)
from frappe_celery.jobs import hosts as _hosts
from frappe_celery.jobs import providers as _providers

if TYPE_CHECKING:
    from celery import Celery

    from frappe_celery.batches import Batch, batch, get_batch, get_current_batch
    from frappe_celery.canvas import signature
    from frappe_celery.celery_app import setup
    from frappe_celery.enqueue_shim import enqueue, enqueue_doc, get_job, is_job_enqueued
    from frappe_celery.job_options import Retry, enqueue_at, enqueue_in, options
    from frappe_celery.jobs import Job, JobStatus
    from frappe_celery.jobs.dependencies.dependency import Dependency
    from frappe_celery.jobs.hosts import Host
    from frappe_celery.many import EnqueuedJobs, enqueue_many

    app: Celery

__version__ = "0.1.0"

_PUBLIC = {
    "setup": "celery_app",
    **dict.fromkeys(("Batch", "batch", "get_batch", "get_current_batch"), "batches"),
    **dict.fromkeys(("enqueue", "enqueue_doc", "get_job", "is_job_enqueued"), "enqueue_shim"),
    **dict.fromkeys(("Retry", "enqueue_at", "enqueue_in", "options"), "job_options"),
    "Dependency": "jobs.dependencies.dependency",
    **dict.fromkeys(("Job", "JobStatus"), "jobs"),
    **dict.fromkeys(("EnqueuedJobs", "enqueue_many"), "many"),
    "signature": "canvas",
}
"""Where each name is, which is imported when it is first asked for."""

__all__ = [
    "AbandonedJobError",
    "BadTimeout",
    "Batch",
    "BrokerUnreachable",
    "CannotTravel",
    "CommitInDoubt",
    "ConfigError",
    "DeduplicateNeedsJobId",
    "Dependency",
    "EnqueuedJobs",
    "FrappeCeleryError",
    "InvalidJobOperation",
    "Job",
    "JobStatus",
    "JobTimeoutException",
    "NeedsFrappeSite",
    "NoSuchJob",
    "NotEnded",
    "QueueOverloaded",
    "Refused",
    "Retry",
    "UnknownQueue",
    "app",
    "batch",
    "enqueue",
    "enqueue_at",
    "enqueue_doc",
    "enqueue_in",
    "enqueue_many",
    "get_batch",
    "get_current_batch",
    "get_job",
    "is_job_enqueued",
    "options",
    "setup",
    "signature",
]


def _found(name: str) -> Any:
    if name == "app":
        return _build()  # `setup` may name another one
    if name not in _PUBLIC:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_PUBLIC[name]}"), name)
    return value


if not TYPE_CHECKING:  # for mypy and pyright there would be every name
    __getattr__ = _found


def _build() -> Celery:
    """The app, or the end of a `celery` command with a sentence that says why there is none.

    Of an Exception raised here Celery's command line would print the traceback.
    """
    from click import get_current_context

    from frappe_celery.celery_app import current
    from frappe_celery.errors import FrappeCeleryError

    try:
        return current()
    except FrappeCeleryError as exc:
        context = get_current_context(silent=True)
        if context is None or context.command.name != "celery":
            raise
        raise SystemExit(f"Error: {type(exc).__name__}: {exc}") from None


def _host() -> Host:
    if _hosts.is_bench():
        from frappe_celery.hosts.bench import switch

        return switch.host()
    host: Host = _standalone().make_host()
    return host


def _standalone() -> Any:
    """What stands in for Frappe: importing it has `import frappe` find something.

    Raises:
        ConfigError: it is not installed.
    """
    from frappe_celery.config import parts

    return parts.load(parts.HOSTS, "standalone")


def _later(path: str) -> Callable[..., Any]:
    """A function of a room, which is imported when the function is called."""
    return lambda *args: resolve_name(f"{__name__}.{path}")(*args)


if not _hosts.is_bench():
    try:
        _standalone()
    except ConfigError as _exc:  # raised when the host is asked for
        warn(f"`import frappe` finds nothing: {_exc}", stacklevel=2)
_hosts.register(_host)
_providers.app = _later("celery_app:current")
_providers.revoked = _later("canvas:revoked")
_providers.outbox = _later("brokers.rabbitmq.outbox:Outbox")
_providers.run_here = _later("worker.perform:perform_here")
_providers.limit_memory = lambda most: None
_providers.published = lambda message: None
_providers.start_worker = _later("programs:start_worker")
