"""One run of a job in this process: claim it, run it in its host, record how it ended."""

from __future__ import annotations

import logging
import os
import socket
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

from frappe_celery import hosts, publish
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import Job, JobStatus, JobStore, get_store
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.running import running
from frappe_celery.jobs.store import CLAIMED
from frappe_celery.worker.callbacks import run_callback
from frappe_celery.worker.time_limit import time_limit

logger = logging.getLogger(__name__)

PATIENCE_SECONDS = 600
"""How long a run that begins or has ended waits for a broker that is away."""


def process_name() -> str:
    """How records name this process: host and process id."""
    return f"{socket.gethostname()}.{os.getpid()}"


def perform(sealed: bytes, worker: str) -> Any:
    """Run what a message says; returns what the method returned.

    Raises:
        Refused: the message's signature is wrong.
        Exception: whatever the method or its on_success raised, after it was recorded.
    """
    store = get_store()
    message = JobMessage.open(store.signer, sealed)
    status = _patiently(store.start, message.run, worker, time.time())
    if status != CLAIMED:
        logger.info("%s[%s] is %s: not run", message.label, message.run, status or "deleted")
        return None
    job = started_job(store, message, sealed, worker)
    try:
        with running(job), time_limit(message.timeout):
            result = hosts.current().run(job)
        if message.on_success is not None:
            with running(job):
                run_callback(job, message.on_success, result)
    except BaseException:
        _failed(store, job, message)
        raise
    _patiently(store.finish, message.run, result)
    return result


def _patiently(step: Callable[..., str], *args: Any) -> str:
    """A step of the store's that must not be lost: a broker that is away is waited for."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return step(*args)
        except BrokerUnreachable as exc:
            if time.monotonic() > give_up_at:
                raise
            logger.warning("waiting for the broker: %s", exc)
            time.sleep(1)


def perform_here(message: JobMessage) -> None:
    """Run a message in the caller's process, as `is_async=False` in tests does."""
    sealed = message.seal(get_store().signer)
    try:
        perform(sealed, process_name())
    except Exception:
        logger.info("%s[%s] failed", message.label, message.run, exc_info=True)


def _failed(store: JobStore, job: Job, message: JobMessage) -> None:
    kind, value, trace = sys.exc_info()
    text = "".join(traceback.format_exception(kind, value, trace))
    if message.on_failure is not None:
        try:
            with running(job):
                run_callback(job, message.on_failure, kind, value, trace)
        except Exception:
            text += "\nThe on_failure callback failed too:\n" + traceback.format_exc()
    _patiently(store.fail, message.run, text, None, message.site)
    if message.retries > 0 and isinstance(value, Exception):
        again = replace(
            message, run=str(uuid4()), retries=message.retries - 1, enqueued_at=time.time()
        )
        publish.publish(again, own_id=True)


def started_job(store: JobStore, message: JobMessage, sealed: bytes, worker: str) -> Job:
    """The Job of a run that this process has claimed, without asking the store again."""
    job = store.job_of(message)
    job.status = JobStatus.STARTED
    job.worker_name = worker
    job.message = sealed
    job.__dict__["_opened"] = message
    return job
