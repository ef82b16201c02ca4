"""Jobs: what they are (`job`), how they travel (`message`, `codec`), where they lie (`store`)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from frappe_celery.jobs.job import Job, JobStatus
    from frappe_celery.jobs.running import current_job
    from frappe_celery.jobs.store import JobStore, get_store

_WHERE = {
    "Job": "job",
    "JobStatus": "job",
    "JobStore": "store",
    "current_job": "running",
    "get_store": "store",
}

__all__ = ["Job", "JobStatus", "JobStore", "current_job", "get_store"]


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: what registers a host needs no Redis."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)
    globals()[name] = value
    return value
