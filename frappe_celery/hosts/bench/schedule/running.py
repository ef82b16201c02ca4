"""Whether a run of a Scheduled Job Type runs now, in whichever system."""

from __future__ import annotations

from frappe.utils.background_jobs import get_job

from frappe_celery.hosts.bench.schedule import rows
from frappe_celery.jobs.hosts import ScheduleRow
from frappe_celery.jobs.job import JobStatus


def is_running(row: ScheduleRow) -> bool:
    """Of a row whose site is open."""
    own_id, _ = rows.scheduled_run(row)
    job = get_job(own_id)
    return job is not None and job.get_status() == JobStatus.STARTED
