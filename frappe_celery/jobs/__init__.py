"""Jobs: what they are (`job`), how they travel (`message`, `codec`), where they lie (`store`)."""

from __future__ import annotations

from frappe_celery.jobs.job import Job, JobStatus
from frappe_celery.jobs.running import current_job
from frappe_celery.jobs.store import JobStore, get_store

__all__ = ["Job", "JobStatus", "JobStore", "current_job", "get_store"]
