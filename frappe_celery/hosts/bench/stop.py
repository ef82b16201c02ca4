"""Stopping a running job (Desk: RQ Job, Force Stop; a prepared report that is deleted)."""

from __future__ import annotations

from typing import Any

from rq.exceptions import InvalidJobOperation

from frappe_celery.hosts.bench.job import Job
from frappe_celery.jobs import JobStatus


def send_stop_job_command(connection: Any, job_id: str, serializer: Any = None) -> None:
    """End a running job as stopped and kill the process that runs it, as RQ does.

    Raises:
        NoSuchJobError: there is no such job.
        InvalidJobOperation: it does not run.
    """
    job = Job.fetch(job_id, connection)
    if not _ends_as_stopped(job):
        raise InvalidJobOperation(f"job {job_id} is {job.get_status() or 'gone'}: it does not run")
    from frappe_celery import app

    app.control.revoke(job.run_id, terminate=True, signal="SIGKILL")


def _ends_as_stopped(job: Job) -> bool:
    reason = "stopped by a person or another job"
    return job.get_status() == JobStatus.STARTED and (
        job.store.end(job, JobStatus.STOPPED, was=JobStatus.STARTED, reason=reason)
        == JobStatus.STOPPED
    )
