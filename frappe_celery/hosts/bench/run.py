"""One job through Frappe's own `execute_job`, its known faults put right.

A rerun after a deadlock, a lock timeout or a RetryBackgroundJobError is ours: Frappe's own loses
the user, does not know the errors that its database layer raises, and in v15 dies of an
AttributeError after it succeeded.
"""

from __future__ import annotations

import atexit
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import frappe
from frappe.utils import background_jobs

from frappe_celery.config import settings
from frappe_celery.config.files import read_json
from frappe_celery.errors import CommitInDoubt, ConfigError, DatabaseAway
from frappe_celery.hosts.bench import client_cache
from frappe_celery.hosts.bench.connecting import connect, is_lost, keeps_out
from frappe_celery.hosts.bench.loggers import put_levels_back
from frappe_celery.hosts.bench.rq_job import Job, as_current
from frappe_celery.hosts.bench.rq_names import IS_14
from frappe_celery.hosts.method import call
from frappe_celery.hosts.reruns import MOST_RERUNS, RunAgain, with_reruns
from frappe_celery.jobs.limits.outages import job_begins, kept_out
from frappe_celery.jobs.new_message import method_name
from frappe_celery.watch import telemetry

SERIALIZATION_FAILURE, RECORD_HAS_CHANGED = "40001", 1020
"""PostgreSQL's and MariaDB's: what a transaction read was changed. Frappe takes the second for a
deadlock from 15 on."""
KEEPS_CLIENTS = "frappe.utils.telemetry.posthog"
"""The module that caches them; before, `frappe.utils.telemetry` was one module and cached none."""
TRIES = 20
PAUSE_SECONDS = 0.05
"""How often, and after which pauses, a site is opened whose configuration is being written."""
RQS_START_SECONDS = 0.05
"""What RQ takes to fork for a job; what a test commits meanwhile its job finds."""


def execute(job: Job, sleep: Callable[[float], None] = time.sleep) -> Any:
    """Run the job as its user on its site and leave nothing of either; returns what it returned.

    Sentry's context, the level of logs and, from Frappe v16 on, the process' title are its own:
    under RQ its process ends with it.

    Raises:
        Exception: what the method, a hook, or the search for the method raised.
    """
    label = f"{job.method} on {job.site}"
    if job.opened.in_test:
        sleep(RQS_START_SECONDS)
    titles = sys.modules.get("setproctitle")
    title = titles and titles.getproctitle()
    with telemetry.own_scope(), as_current(job):
        try:
            return with_reruns(lambda is_last: _attempt(job, is_last, sleep), label, sleep)
        finally:
            client_cache.drop_changed(job.method)
            put_levels_back()
            if titles:
                titles.setproctitle(title)


def _attempt(job: Job, is_last: Callable[[], bool], sleep: Callable[[float], None]) -> Any:
    arguments, run = job.execution_arguments(), _Run()
    arguments["method"] = _watched(arguments["method"], is_last, run)
    for tries_left in reversed(range(TRIES)):
        enter_sites_folder()
        try:
            if settings.current().frappe_version < 16:  # execute_job itself opens the site
                open_site(job.site)
            return background_jobs.execute_job(**arguments, retry=MOST_RERUNS)  # none of Frappe's
        except json.JSONDecodeError:
            opened = getattr(frappe.local, "db", None) is not None
            if not tries_left or opened or not hasattr(frappe.local, "site"):
                raise  # else no further than the site, whose files v16 reads once more there
        except Exception as exc:
            if not run.began and (away := kept_out(exc, keeps_out)):
                raise away from exc
            if job.resuming is not None and is_lost(exc) and job.resuming.may_wait():
                raise DatabaseAway(str(exc)) from exc
            if run.returned and is_lost(exc):
                raise CommitInDoubt(
                    f"the database was lost at the job's commit ({str(exc).strip()}): what it"
                    " wrote may be there"
                ) from exc
            raise
        finally:
            frappe.destroy()  # execute_job itself does not when it raises before its own `try`
        sleep(PAUSE_SECONDS)
    raise AssertionError("the last try either returns or raises")


def enter_sites_folder() -> None:
    """Frappe finds sites in the current folder, which the job before may have left.

    Raises:
        ConfigError: this is no bench.
    """
    sites = settings.current().sites_path
    if sites is None:
        raise ConfigError(
            f"{settings.current().root} has no folder `sites`: start in the bench, or set"
            " FRAPPE_BENCH_ROOT to its path"
        )
    os.chdir(sites)


def open_site(site: str, sleep: Callable[[float], None] = time.sleep) -> None:
    """`frappe.init`, for v15, whose execute_job makes nothing of it when it calls that once more.

    From v16 on it opens the site anew, whatever was open.

    Frappe writes a site's configuration in place. A half-written one v15 takes for an empty one, so
    that the job would fail for want of a database, and v16 refuses: it is read until it is whole.
    """
    for _ in range(TRIES):
        with suppress(json.JSONDecodeError):
            frappe.init(site)
            if _is_whole(site):
                return
        frappe.destroy()
        sleep(PAUSE_SECONDS)
    frappe.init(site)  # it is broken for good: as Frappe deals with that


def _is_whole(site: str) -> bool:
    try:
        common, own = read_json("common_site_config.json"), read_json(f"{site}/site_config.json")
    except ConfigError:
        return False
    conf = frappe.local.conf
    return all(key in conf for key in (*common, *own))


@dataclass
class _Run:
    """How far a run has come."""

    began: bool = False
    """Its method's first line was reached."""
    returned: bool = False
    """Its method has returned; what follows is the commit."""


def _watched(
    method: str | Callable[..., Any], is_last: Callable[[], bool], progress: _Run
) -> Callable[..., Any]:
    """The method under its own name, with our reruns."""

    def run(**kwargs: Any) -> Any:
        if not IS_14:
            frappe.local.job.after_job.add(_stop_posthog)
        function = frappe.get_attr(method) if isinstance(method, str) else method
        try:
            connect()
        except Exception as exc:
            if away := kept_out(exc, keeps_out, connects=True):
                raise away from exc  # past Frappe, which would write an Error Log
            raise
        job_begins()
        client_cache.watch()
        progress.began = True
        try:
            value = call(function, kwargs, f"{run.__module__}.{run.__qualname__}")
            progress.returned = True
            return value
        except Exception as exc:
            if not _is_worth_a_rerun(exc):
                raise
            if is_last():  # Frappe writes the Error Log of such an error, but does not commit it
                if not IS_14:
                    frappe.local.job.after_job.add(frappe.db.commit)
                elif isinstance(exc, (frappe.db.InternalError, frappe.RetryBackgroundJobError)):
                    frappe.db.rollback()
                    frappe.log_error(title=run.__name__)
                    frappe.db.commit()
                raise
            frappe.db.rollback()
            if not IS_14:
                frappe.local.job.after_job.reset()
            raise RunAgain(_is_deadlocked(exc)) from exc
        finally:
            if IS_14:
                _stop_posthog()

    run.__name__ = str(getattr(method, "__name__", method))  # what 14 calls it
    run.__module__, _, run.__qualname__ = method_name(method).rpartition(".")
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
    if getattr(exc, "pgcode", None) == SERIALIZATION_FAILURE:
        return True
    if not _is_the_drivers(exc):
        return False
    return bool(frappe.db.is_deadlocked(exc)) or exc.args[:1] == (RECORD_HAS_CHANGED,)


def _is_the_drivers(exc: Exception) -> bool:
    return isinstance(exc, (frappe.db.InternalError, frappe.db.OperationalError))
