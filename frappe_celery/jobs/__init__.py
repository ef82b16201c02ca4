"""Jobs: what they are (`job`), how they travel (`message`, `codec`), where they lie (`record`).

Others take `Job`, `JobStatus`, `JobStore`, `get_store` and `current_job` from here, the message
from `message`, and put it on its way by `queue.publish`. A step that changes a job is a script,
beside the Python of its room: `record/`, `queue/`, `limits/`, `stats/`. `hosts` is what a job runs
in, as all see it, and `providers` what rooms above have brought.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from frappe_celery.jobs.job import Job, JobStatus, current_job
    from frappe_celery.jobs.record.store import JobStore, get_store

_WHERE = {
    **dict.fromkeys(("Job", "JobStatus", "current_job"), "job"),
    **dict.fromkeys(("JobStore", "get_store"), "record.store"),
}

__all__ = ["Job", "JobStatus", "JobStore", "current_job", "get_store"]


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: what registers a host needs no Redis."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
