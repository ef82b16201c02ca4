"""Stopping a running job (Desk: RQ Job, Force Stop; a prepared report that is deleted)."""

from __future__ import annotations

from typing import Any

from rq.command import send_stop_job_command as stop_rqs

from frappe_celery import jobs
from frappe_celery.hosts.bench.job import Job


def send_stop_job_command(connection: Any, job_id: str, serializer: Any = None) -> None:
    """End a running job as stopped; the process that runs it is killed, as RQ does.

    Raises:
        NoSuchJobError: there is no such job.
        InvalidJobOperation: RQ's; it does not run.
    """
    job = Job.fetch(job_id, connection)
    if isinstance(job, jobs.Job):
        job.stop()
    else:
        stop_rqs(job.connection, job_id)
