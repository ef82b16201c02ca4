"""Enqueueing and executing in the shape of Frappe 14, from 14.62 on."""

import os

import frappe
from rq import Queue, Worker
from rq.job import Job  # noqa: F401

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
    at_front=False,
    job_id=None,
    **kwargs,
):
    if job_id:
        job_id = create_job_id(job_id)
    its_queue = get_queue(queue, is_async=is_async)
    call = {
        "site": frappe.local.site,
        "user": frappe.session.user,
        "method": method,
        "event": event,
        "job_name": job_name or str(method),
        "is_async": is_async,
        "kwargs": kwargs,
    }
    if enqueue_after_commit:
        if not frappe.flags.enqueue_after_commit:
            frappe.flags.enqueue_after_commit = []
        frappe.flags.enqueue_after_commit.append(
            {
                "queue": queue,
                "is_async": is_async,
                "timeout": timeout,
                "queue_args": call,
                "job_id": job_id,
            }
        )
        return None
    return its_queue.enqueue_call(
        execute_job,
        timeout=timeout,
        kwargs=call,
        at_front=at_front,
        failure_ttl=700,
        result_ttl=600,
        job_id=job_id,
        on_failure=truncate_failed_registry,
    )


def create_job_id(job_id):
    return f"{frappe.local.site}::{job_id}"


def get_queue(qtype, is_async=True):
    return Queue(f"{os.environ['BENCH_ID']}:{qtype}", connection=None, is_async=is_async)


def truncate_failed_registry(*args):
    raise AssertionError("the job store limits failed jobs by itself")


def execute_job(site, method, event, job_name, kwargs, user=None, is_async=True, retry=0):
    if is_async:
        frappe.init(site)
        frappe.connect()
        frappe.set_user(user)
    if isinstance(method, str):
        name, method = method, frappe.get_attr(method)
    else:
        name = method.__name__
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
        if is_async:
            frappe.destroy()


def start_worker(*args, **kwargs):
    raise AssertionError(f"RQ's own, with {Queue.__module__}.Queue")


get_running_jobs_in_queue = start_worker


def get_workers():
    return Worker.all()
