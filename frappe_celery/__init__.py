"""Frappe and ERPNext background jobs and schedules on Celery, task modules unchanged.

`celery -A frappe_celery worker`, `celery -A frappe_celery beat`. Importing is cheap: the Celery
app is built when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any
from warnings import warn

from frappe_celery import errors as _errors
from frappe_celery.config import lazily
from frappe_celery.jobs import hosts as _hosts
from frappe_celery.jobs import providers as _providers

if TYPE_CHECKING:
    from celery import Celery

    from frappe_celery.batches import Batch as Batch
    from frappe_celery.batches import batch as batch
    from frappe_celery.batches import get_batch as get_batch
    from frappe_celery.batches import get_current_batch as get_current_batch
    from frappe_celery.by_filter import cancel as cancel
    from frappe_celery.by_filter import delete as delete
    from frappe_celery.by_filter import requeue as requeue
    from frappe_celery.canvas import signature as signature
    from frappe_celery.celery_app import setup as setup
    from frappe_celery.enqueue_shim import aenqueue as aenqueue
    from frappe_celery.enqueue_shim import enqueue as enqueue
    from frappe_celery.enqueue_shim import enqueue_doc as enqueue_doc
    from frappe_celery.enqueue_shim import get_job as get_job
    from frappe_celery.enqueue_shim import is_job_enqueued as is_job_enqueued
    from frappe_celery.errors import AbandonedJobError as AbandonedJobError
    from frappe_celery.errors import BadTimeout as BadTimeout
    from frappe_celery.errors import BrokerUnreachable as BrokerUnreachable
    from frappe_celery.errors import CannotTravel as CannotTravel
    from frappe_celery.errors import CommitInDoubt as CommitInDoubt
    from frappe_celery.errors import ConfigError as ConfigError
    from frappe_celery.errors import DeduplicateNeedsJobId as DeduplicateNeedsJobId
    from frappe_celery.errors import FrappeCeleryError as FrappeCeleryError
    from frappe_celery.errors import InvalidJobOperation as InvalidJobOperation
    from frappe_celery.errors import ItemInDoubt as ItemInDoubt
    from frappe_celery.errors import ItemsFailed as ItemsFailed
    from frappe_celery.errors import ItemUndone as ItemUndone
    from frappe_celery.errors import JobTimeoutException as JobTimeoutException
    from frappe_celery.errors import NeedsFrappeSite as NeedsFrappeSite
    from frappe_celery.errors import NoSuchJob as NoSuchJob
    from frappe_celery.errors import NotEnded as NotEnded
    from frappe_celery.errors import QueueOverloaded as QueueOverloaded
    from frappe_celery.errors import Refused as Refused
    from frappe_celery.errors import UnknownQueue as UnknownQueue
    from frappe_celery.job_options import Retry as Retry
    from frappe_celery.job_options import enqueue_at as enqueue_at
    from frappe_celery.job_options import enqueue_in as enqueue_in
    from frappe_celery.job_options import options as options
    from frappe_celery.jobs import Job as Job
    from frappe_celery.jobs import JobStatus as JobStatus
    from frappe_celery.jobs.dependencies.dependency import Dependency as Dependency
    from frappe_celery.jobs.hosts import Host
    from frappe_celery.jobs.job import get_current_job as get_current_job
    from frappe_celery.jobs.resumable.loop import each as each
    from frappe_celery.jobs.resumable.loop import step as step
    from frappe_celery.jobs.resumable.progress import report_progress as report_progress
    from frappe_celery.many import EnqueuedJobs as EnqueuedJobs
    from frappe_celery.many import enqueue_many as enqueue_many
    from frappe_celery.schedule.every import every as every

    app: Celery

__version__ = "0.1.0"

if not TYPE_CHECKING:  # for mypy and pyright there would be every name
    _PLACES, _named = lazily.listed(globals())
    __all__ = ["app", *_PLACES]

    def __dir__() -> list[str]:
        return __all__

    def __getattr__(name: str) -> Any:
        return _build() if name == "app" else _named(name)  # `setup` may name another one


def _build() -> Celery:
    """The app, or the end of a `celery` command with a sentence that says why there is none.

    Of an Exception raised here Celery's command line would print the traceback.
    """
    from click import get_current_context

    from frappe_celery.celery_app import current

    try:
        return current()
    except _errors.FrappeCeleryError as exc:
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
    except _errors.ConfigError as _exc:  # raised when the host is asked for
        warn(f"`import frappe` finds nothing: {_exc}", stacklevel=2)
_hosts.register(_host)
_providers.app = _later("celery_app:current")
_providers.revoked = _later("canvas:revoked")
_providers.forwarder = _later("brokers.rabbitmq.forwarder:Forwarder")
_providers.run_here = _later("worker.perform:perform_here")
_providers.limit_memory = lambda most: None
_providers.leaving = lambda: False
_providers.published = lambda message: None
_providers.start_worker = _later("programs:start_worker")
