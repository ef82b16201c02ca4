"""One run of a job in this process: its host runs it, and how it ended is recorded."""

from __future__ import annotations

import inspect
import logging
import sys
import time
import traceback
from dataclasses import replace
from importlib import import_module
from typing import Any

from celery.exceptions import Retry

from frappe_celery import canvas
from frappe_celery.errors import DatabaseAway, GoesOn, NotRun
from frappe_celery.jobs import Job, JobStatus, JobStore, codec, get_store, hosts
from frappe_celery.jobs.job import running
from frappe_celery.jobs.limits import declarations, outages
from frappe_celery.jobs.message import RUN_SCHEDULED_JOB, JobMessage
from frappe_celery.jobs.record.store import CLAIMED
from frappe_celery.jobs.workers import process_name
from frappe_celery.watch import caught
from frappe_celery.worker import again
from frappe_celery.worker.abandoned import AFTERMATH, aftermath
from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.callbacks import run_callback
from frappe_celery.worker.time_limit import time_limit

logger = logging.getLogger(__name__)


def perform(sealed: bytes, worker: str) -> Any:
    """Run what a message says, as its caller, and record how it ended; returns what the method
    returned.

    Raises:
        NotRun: it was canceled, deleted or claimed by another process, has expired, or its site's
            database is away, or it is resumable and leaves this process: it waits again.
        Refused: its signature is missing or wrong.
        Retry: it is run again, and Celery's canvas waits for that.
        Exception: whatever the method or its on_success raised, after it was recorded.
    """
    message = JobMessage.open(get_store().signer, sealed)
    status = retry_while_unreachable(get_store().start, message.run, worker, time.time())
    if status != CLAIMED:
        raise NotRun(f"{message.label}[{message.run}] is {status or 'deleted'}: not run")
    result = run_claimed(message, sealed, worker)
    retry_while_unreachable(get_store().finish, message.run, result)
    return result


def run_claimed(
    message: JobMessage,
    sealed: bytes,
    worker: str,
    looks: bool = False,
    held: tuple[str, str] = ("", ""),
) -> Any:
    """As `perform`, what this process has claimed; that it succeeded the caller records.

    One that `looks` tells when its site's database is back (`limits.outages`).
    """
    store = get_store()
    if message.expires is not None and time.time() > message.expires:
        _expired(store, store.job_of(message), message)
    job = store.job_of(message)
    job.status, job.worker_name = JobStatus.STARTED, worker
    job.message, job.opened, job.looks = sealed, message, looks
    retry_while_unreachable(declarations.take_back, store, message.label)
    try:
        with running(job), time_limit(message.timeout):
            if message.args:
                job.opened = with_names(message)
            result = (aftermath if message.method == AFTERMATH else hosts.current().run)(job)
        if job.resuming is not None and job.resuming.leaves is not None:
            raise job.resuming.leaves  # which its method has swallowed
        if message.on_success is not None:
            with running(job):
                run_callback(job, message.on_success, result)
        if job.resuming is not None and job.caught is None:
            retry_while_unreachable(job.resuming.finish, result)
    except DatabaseAway as away:
        raise retry_while_unreachable(outages.put_back, store, job, away) from away
    except GoesOn as leaves:
        from frappe_celery.jobs.resumable.state import go_on

        retry_while_unreachable(go_on, store, message, *held, leaves.first)
        raise NotRun(f"{message.label}[{message.run}] goes on later: {leaves}") from leaves
    except BaseException as exc:
        follows = _failed(store, job, message)
        if follows and message.task_id:  # neither its chord nor its errbacks hear of it yet
            raise Retry(exc=exc) from exc  # type: ignore[arg-type]  # an Exception
        raise
    if job.lacked and job.caught is None:
        retry_while_unreachable(caught.note_lacked, job)
    if message.path == RUN_SCHEDULED_JOB:
        _repeat_what_was_caught(store, job, message)
    return result


def _expired(store: JobStore, job: Job, message: JobMessage) -> None:
    reason = "expired before it started"
    retry_while_unreachable(store.end, job, JobStatus.CANCELED, reason=reason)
    canvas.revoked(message, reason)
    raise NotRun(f"{message.label}[{message.run}] {reason}")


def with_names(message: JobMessage) -> JobMessage:
    """With every argument by name, as Frappe calls methods.

    Raises:
        TypeError: it cannot be called so.
        ImportError, AttributeError: there is no such method.
    """
    method = message.decoded_method()
    if isinstance(method, str):
        module, _, name = method.rpartition(".")
        method = getattr(import_module(module), name)
    args, kwargs = codec.decode(message.args), message.decoded_kwargs()
    parameters = inspect.signature(method).parameters.values()
    names = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    by_name = dict(zip(names, args))  # noqa: B905 (compared below)
    if len(args) > len(names) or by_name.keys() & kwargs.keys():
        raise TypeError(
            f"{message.path}({', '.join(names)}) was given {len(args)} arguments by position"
            f" beside {sorted(kwargs)}: an immutable signature (.si(), immutable=True) takes"
            " nothing of the task before it"
        )
    return replace(message, args=None, kwargs=codec.encode_arguments({**by_name, **kwargs}, True))


def perform_here(message: JobMessage) -> None:
    """Run a message in the caller's process, as `is_async=False` in tests does."""
    sealed = message.seal(get_store().signer)
    try:
        perform(sealed, process_name())
    except (Exception, SystemExit):
        logger.info("%s[%s] failed", message.label, message.run, exc_info=True)


def _failed(store: JobStore, job: Job, message: JobMessage) -> bool:
    """Record it; whether it is run again."""
    kind, value, trace = sys.exc_info()
    text = traceback.format_exc()
    if message.on_failure is not None:
        try:
            with running(job):
                run_callback(job, message.on_failure, kind, value, trace)
        except BaseException:  # the job ends as it did, whatever its callback does
            text += "\nThe on_failure callback failed too:\n" + traceback.format_exc()
    following = _following(job, message, value)
    if following is not None:
        text += f"\nIt is run again, as run {following.run}; {following.retries} more after that"
    next_run = following.run if following else ""
    ended = retry_while_unreachable(store.fail, message.run, text, None, message.site, next_run)
    if following is not None and ended != JobStatus.FAILED.value:  # it was stopped
        retry_while_unreachable(store.delete, following.run)
        return False
    return following is not None


def _following(job: Job, message: JobMessage, raised: BaseException | None) -> JobMessage | None:
    """The run that repeats this one, scheduled; None: there is none."""
    if not isinstance(raised, Exception) or message.method == AFTERMATH:
        return None
    some_done = job.resuming is not None and job.resuming.some_done
    return retry_while_unreachable(again.after_failure, message, job.retries_left, some_done)


def _repeat_what_was_caught(store: JobStore, job: Job, message: JobMessage) -> None:
    """A scheduled method that raised is repeated like any other; its own run has finished."""
    following = _following(job, message, job.caught)
    if following is None:
        return
    logger.info("%s[%s] is run again, as run %s", message.label, message.run, following.run)
    if not retry_while_unreachable(store.will_be_followed, message.run, following.run):
        retry_while_unreachable(store.delete, following.run)
