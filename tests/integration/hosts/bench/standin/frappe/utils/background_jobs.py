"""Enqueueing and executing in Frappe's shape: what matters is who is called with what."""

import os
from types import SimpleNamespace
from uuid import uuid4

from rq import Callback, Queue, Worker
from rq.exceptions import NoSuchJobError
from rq.job import Job, JobStatus

import frappe
from frappe.utils import CallbackManager

BACKGROUND_PROCESS_NICENESS = 0


def enqueue(
    method,
    queue="default",
    timeout=None,
    event=None,
    is_async=True,
    job_name=None,
    now=False,
    enqueue_after_commit=False,
    *,
    on_success=None,
    on_failure=None,
    at_front=False,
    job_id=None,
    deduplicate=False,
    result_ttl=600,
    retry_after=None,
    **kwargs,
):
    if deduplicate:
        job = get_job(job_id)
        if job and job.get_status() in (JobStatus.QUEUED, JobStatus.STARTED):
            return None
    job_id = create_job_id(job_id)
    if now:
        return frappe.call(method, **kwargs)
    its_queue = get_queue(queue, is_async)

    def enqueue_call():
        return its_queue.enqueue_call(
            execute_job,
            on_success=Callback(on_success) if on_success else None,
            on_failure=Callback(on_failure or truncate_failed_registry),
            timeout=timeout,
            kwargs={
                "site": frappe.local.site,
                "user": frappe.session.user,
                "method": method,
                "event": event,
                "job_name": job_name or str(method),
                "is_async": is_async,
                "kwargs": kwargs,
            },
            at_front=at_front,
            failure_ttl=700,
            result_ttl=result_ttl,
            job_id=job_id,
            retry=retry_after,
        )

    if enqueue_after_commit:
        frappe.db.after_commit.add(enqueue_call)
        return None
    return enqueue_call()


def create_job_id(job_id=None):
    if frappe.STABLE_16:
        return f"{frappe.local.site}||{(job_id or str(uuid4())).replace(':', '|')}"
    return f"{frappe.local.site}::{job_id or uuid4()}"


def get_job(job_id):
    try:
        return Job.fetch(create_job_id(job_id), connection=None)
    except NoSuchJobError:
        return None


def get_queue(qtype, is_async=True):
    return Queue(f"{os.environ['BENCH_ID']}:{qtype}", connection=None, is_async=is_async)


def truncate_failed_registry(*args):
    raise AssertionError("the job store limits failed jobs by itself")


def execute_job(site, method, event, job_name, kwargs, user=None, is_async=True, retry=0):
    if is_async:
        frappe.init(site, force=frappe.STABLE_16)
        frappe.connect()
        frappe.set_user(user)
    name = method
    if isinstance(method, str):
        method = frappe.get_attr(method)
    else:
        name = f"{method.__module__}.{method.__qualname__}"
    frappe.local.job = SimpleNamespace(after_job=CallbackManager())
    for hook in frappe.get_hooks("before_job"):
        frappe.call(hook)
    try:
        result = method(**kwargs)
    except (frappe.db.InternalError, frappe.RetryBackgroundJobError):
        frappe.db.rollback()
        assert retry == 5, "Frappe's own rerun, which loses the user"
        frappe.log_error(title=name)  # not committed
        raise
    except Exception:
        frappe.db.rollback()
        frappe.log_error(title=name)
        frappe.db.commit()
        raise
    else:
        frappe.db.commit()
        return result
    finally:
        frappe.local.job.after_job.run()
        if is_async:
            frappe.destroy()


def start_worker(*args, **kwargs):
    raise AssertionError(f"RQ's own, with {Queue.__module__}.Queue")


start_worker_pool = get_running_jobs_in_queue = start_worker


def _start_sentry():
    pass


def get_workers():
    return Worker.all()
