"""`frappe.enqueue(…, is_async=False)` in tests: the job runs at once, in the caller's own site."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import frappe
import rq.job

from frappe_celery.jobs import Job, get_store
from frappe_celery.jobs.running import process_name, running


@contextmanager
def as_current(job: Job) -> Iterator[None]:
    """Make it the current job of this package, and of RQ, which looks nowhere else for it."""
    rq.job._job_stack.push(job)
    try:
        with running(job):
            yield
    finally:
        rq.job._job_stack.pop()


def run_here(job: Job, arguments: dict[str, Any], on_success: Any, on_failure: Any) -> None:
    """Run it as RQ's synchronous queues do: a failure is the job's, not the caller's."""
    from frappe.utils import background_jobs  # which is what brings the seam, and us, in

    store = get_store()
    store.start(job.run_id, process_name())
    try:
        with as_current(job):
            result = background_jobs.execute_job(**arguments)
        if on_success is not None:
            _function(on_success)(job, store.client, result)
    except Exception:
        store.fail(job.run_id, traceback.format_exc(), site=job.site)
        if on_failure is not None:
            _function(on_failure)(job, store.client, *sys.exc_info())
    else:
        store.finish(job.run_id, result)
    job.refresh()


def _function(callback: Any) -> Callable[..., Any]:
    """A callback is a function or a dotted path."""
    found: Callable[..., Any] = frappe.get_attr(callback) if isinstance(callback, str) else callback
    return found
