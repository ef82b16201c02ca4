"""One job through Frappe's own `execute_job`, its known faults put right.

A rerun after a deadlock, a lock timeout or a RetryBackgroundJobError is ours: Frappe's own loses
the user, does not know the errors that its database layer raises, and in v15 dies of an
AttributeError after it succeeded.
"""

from __future__ import annotations

import atexit
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import frappe
from frappe.utils import background_jobs

from frappe_celery.hosts.bench import site
from frappe_celery.hosts.bench.job import Job, as_current
from frappe_celery.hosts.reruns import MOST_RERUNS, RunAgain, with_reruns
from frappe_celery.watch import telemetry

KEEPS_CLIENTS = "frappe.utils.telemetry.posthog"
"""The module that caches them; before, `frappe.utils.telemetry` was one module and cached none."""


@contextmanager
def tidied() -> Iterator[None]:
    """Sentry's context and, from Frappe v16 on, the process' title are the job's own: under RQ its
    process ends with it."""
    titles = sys.modules.get("setproctitle")
    title = titles and titles.getproctitle()
    try:
        with telemetry.own_scope():
            yield
    finally:
        if titles:
            titles.setproctitle(title)


def execute(job: Job, sleep: Callable[[float], None] = time.sleep) -> Any:
    """Run the job as its user on its site and leave nothing of either; returns what it returned.

    Raises:
        Exception: what the method, a hook, or the search for the method raised.
    """
    label = f"{job.method} on {job.site}"
    with tidied(), as_current(job):
        return with_reruns(lambda last: _attempt(job, last, sleep), label, sleep)


def _attempt(job: Job, last: bool, sleep: Callable[[float], None]) -> Any:
    arguments = job.execution_arguments()
    arguments["method"] = _watched(arguments["method"], last)
    for tries_left in reversed(range(site.TRIES)):
        site.enter_sites_folder()
        try:
            if not site.is_opened_anew():
                site.init(job.site)
            return background_jobs.execute_job(**arguments, retry=MOST_RERUNS)  # none of Frappe's
        except json.JSONDecodeError:
            if not tries_left or not _was_opening():
                raise
        finally:
            frappe.destroy()  # execute_job itself does not when it raises before its own `try`
        sleep(site.PAUSE_SECONDS)
    raise AssertionError("the last try either returns or raises")


def _was_opening() -> bool:
    """Whether execute_job got no further than the site, whose files v16 reads once more there."""
    return hasattr(frappe.local, "site") and getattr(frappe.local, "db", None) is None


def _watched(method: str | Callable[..., Any], last: bool) -> Callable[..., Any]:
    """The method under its own name, with our reruns."""

    def run(**kwargs: Any) -> Any:
        frappe.local.job.after_job.add(_stop_posthog)
        function = frappe.get_attr(method) if isinstance(method, str) else method
        try:
            return function(**kwargs)
        except Exception as exc:
            if not _is_worth_a_rerun(exc):
                raise
            if last:  # Frappe writes the Error Log of such an error, but does not commit it
                frappe.local.job.after_job.add(frappe.db.commit)
                raise
            frappe.db.rollback()
            frappe.local.job.after_job.reset()
            raise RunAgain(_is_deadlocked(exc)) from exc

    if isinstance(method, str):
        run.__module__, _, run.__qualname__ = method.rpartition(".")
    else:
        run.__module__, run.__qualname__ = method.__module__, method.__qualname__
    return run


def _stop_posthog() -> None:
    """End the thread of Frappe's telemetry, where it makes a client for each job (until 15.55).

    Its `after_job` hook has flushed it. Later versions keep one client for the process, whose
    thread the next job's events wait for.
    """
    posthog = getattr(frappe.local, "posthog", None)
    if posthog is None or KEEPS_CLIENTS in sys.modules:
        return
    atexit.unregister(posthog.join)
    for consumer in posthog.consumers or ():
        consumer.pause()


def _is_worth_a_rerun(exc: Exception) -> bool:
    if isinstance(exc, (frappe.RetryBackgroundJobError, frappe.QueryTimeoutError)):
        return True
    return _is_deadlocked(exc) or (_is_the_drivers(exc) and frappe.db.is_timedout(exc))


def _is_deadlocked(exc: Exception) -> bool:
    if isinstance(exc, frappe.QueryDeadlockError):
        return True
    return _is_the_drivers(exc) and bool(frappe.db.is_deadlocked(exc))


def _is_the_drivers(exc: Exception) -> bool:
    return isinstance(exc, (frappe.db.InternalError, frappe.db.OperationalError))
