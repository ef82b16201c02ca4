"""The job that runs in this process, thread or greenlet (`rq.get_current_job`'s counterpart), and
what the process is called."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from frappe_celery.jobs.job import Job

_current: ContextVar[Job | None] = ContextVar("frappe_celery_job", default=None)


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


def process_name() -> str:
    """How records name this process: host and process id."""
    return f"{socket.gethostname()}.{os.getpid()}"
