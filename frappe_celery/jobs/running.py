"""The job that runs in this process, thread or greenlet (`rq.get_current_job`'s counterpart)."""

from __future__ import annotations

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
    """Make `job` the current one."""
    token = _current.set(job)
    try:
        yield
    finally:
        _current.reset(token)
