"""The running job, where `rq.get_current_job` looks for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import rq.job

from frappe_celery.jobs import Job
from frappe_celery.jobs.running import running


@contextmanager
def as_current(job: Job) -> Iterator[None]:
    """Make it the current job of this package, and of RQ, which looks nowhere else for it."""
    rq.job._job_stack.push(job)
    try:
        with running(job):
            yield
    finally:
        rq.job._job_stack.pop()
