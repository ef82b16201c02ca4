"""Frappe's `execute_job`: one job on its site, with its hooks, committed or rolled back.

As Frappe's `execute_job` does it. Where Frappe itself is wrong (a rerun loses the user; the
database layer's own deadlock classes are not caught) this is right.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from frappe_celery.host import errors, outages, reruns
from frappe_standalone.database import django_setup
from frappe_standalone.database.errors import is_deadlocked, is_lost, is_retryable, keeps_out
from frappe_standalone.database.transaction import CallbackManager
from frappe_standalone.documents.error_log import log_error
from frappe_standalone.documents.locking import release_document_locks
from frappe_standalone.local import local
from frappe_standalone.messages import monitor
from frappe_standalone.site import allowed
from frappe_standalone.site.app_hooks import get_hooks
from frappe_standalone.site.calling import call, get_attr
from frappe_standalone.site.context import connect, init, visit
from frappe_standalone.site.methods import call_method
from frappe_standalone.utils.frappedict import _dict


@dataclass(frozen=True)
class Run:
    """What is to be run, where and as whom."""

    site: str
    user: str
    function: str | Callable[..., Any]
    """A dotted path or what it names."""
    kwargs: dict[str, Any]
    method: str
    """How hooks and logs call it."""
    job_name: str


def execute(run: Run, sleep: Callable[[float], None] = time.sleep) -> Any:
    """Run it and return what it returned.

    Raises:
        Exception: what the method, a hook, or the search for the method raised.
    """
    label = f"{run.method} on {run.site}"
    return reruns.with_reruns(lambda is_last: _attempt(run, is_last), label, sleep)


def _attempt(run: Run, is_last: Callable[[], bool]) -> Any:
    with visit(run.site, run.user):
        try:
            function = _begin(run)
        except Exception as exc:
            if away := outages.kept_out(exc, keeps_out):
                raise away from exc
            if is_retryable(exc) and not is_last():
                raise reruns.RunAgain(is_deadlocked(exc)) from exc
            raise
        try:
            return _call(run, function, is_last)
        except Exception as exc:
            resuming = reruns.resuming()
            if resuming is not None and is_lost(exc) and resuming.may_wait():
                raise errors.DatabaseAway(str(exc)) from exc
            raise


def _begin(run: Run) -> Callable[..., Any]:
    """All that comes before the method's first line; returns the method."""
    open_database()
    function = run.function
    if isinstance(function, str):
        allowed.check(function)
        function = get_attr(function)
    if not callable(function):
        function = _of_django(run, function)
    told = {name: getattr(run, name) for name in ("site", "method", "job_name", "kwargs", "user")}
    local.job = _dict(told, after_job=CallbackManager())
    monitor.start(run.method, run.kwargs)
    for hook in get_hooks("before_job"):
        call(hook, method=run.method, kwargs=run.kwargs, transaction_type="job")
    outages.job_begins()
    return function


def open_database() -> None:
    """Begin the transaction, where an app's own models are to be in it from their first statement,
    or where a server may be away."""
    if django_setup.is_loaded() and (django_setup.is_own_project() or django_setup.is_a_server()):
        local.db.begin()


def _of_django(run: Run, task: Any) -> Callable[..., Any]:
    """How its backend runs a task of Django's that it has enqueued (`django_tasks`).

    Raises:
        TypeError: it is none.
    """
    if "backend" not in run.kwargs:
        raise TypeError(
            f"{run.method} is a {type(task).__name__}, which cannot be called; a task of Django's"
            " is enqueued by its own enqueue()"
        )
    from django.tasks import task_backends

    backend: Any = task_backends[run.kwargs["backend"]]
    return backend.run  # type: ignore[no-any-return]


def _call(run: Run, function: Callable[..., Any], is_last: Callable[[], bool]) -> Any:
    result = None
    again = False
    callbacks = local.job.after_job
    try:
        result = call_method(function, run.kwargs, run.method)
        _return_to(run.site)
        local.db.commit()
    except Exception as exc:
        _return_to(run.site)
        local.db.rollback()
        if is_retryable(exc) and not is_last():
            again = True
            raise reruns.RunAgain(is_deadlocked(exc)) from exc
        log_error(title=run.method)
        local.db.commit()
        raise
    finally:
        release_document_locks()
        if not again:
            monitor.stop()
            for hook in get_hooks("after_job"):
                call(hook, method=run.method, kwargs=run.kwargs, result=result)
            callbacks.run()
    return result


def _return_to(site: str) -> None:
    """Code that left every site, by `frappe.destroy()`, does not end on another one."""
    if not local.is_set_up:
        init(site)
        connect()
