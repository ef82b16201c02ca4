"""Jobs: what they are (`job`), how they travel (`message`, `codec`), where they lie (`record`).

Others take `Job`, `JobStatus`, `JobStore`, `get_store` and `current_job` from here, the message
from `message`, and put it on its way by `queue.publish`. A step that changes a job is a script,
beside the Python of its room: `record/`, `queue/`, `limits/`, `stats/`. `hosts` is what a job runs
in, as all see it, and `providers` what rooms above have brought.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from frappe_celery.config import lazily

if TYPE_CHECKING:
    from frappe_celery.jobs.job import Job as Job
    from frappe_celery.jobs.job import JobStatus as JobStatus
    from frappe_celery.jobs.job import current_job as current_job
    from frappe_celery.jobs.record.store import JobStore as JobStore
    from frappe_celery.jobs.record.store import get_store as get_store

_PLACES, __getattr__ = lazily.listed(globals())  # what registers a host needs no Redis
