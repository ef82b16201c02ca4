"""The job that runs in this process, thread or greenlet (`rq.get_current_job`'s counterpart), and
what the process is called."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from frappe_celery.jobs.job import Job
from frappe_celery.jobs.message import JobMessage

ABOUT = "job_message"
"""A log line's `extra={ABOUT: message}` says which job it is about, where none runs."""
_current: ContextVar[Job | None] = ContextVar("frappe_celery_job", default=None)
_in_hand: ContextVar[JobMessage | None] = ContextVar("frappe_celery_message", default=None)


def current_job() -> Job | None:
    """The running job, None outside of one."""
    return _current.get()


@contextmanager
def running(job: Job) -> Iterator[None]:
    token = _current.set(job)
    try:
        yield
    finally:
        _current.reset(token)


def take_in_hand(message: JobMessage) -> None:
    """Have log lines of this context tell of it, also before its job begins and after its end."""
    _in_hand.set(message)


def message_in_hand() -> JobMessage | None:
    """What a worker has taken, in the context that runs it."""
    return _in_hand.get()


def process_name() -> str:
    """How records name this process: host and process id."""
    return f"{socket.gethostname()}.{os.getpid()}"
