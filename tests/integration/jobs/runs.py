"""A run, as the models of the random histories have it (`test_store_histories.py`)."""

from __future__ import annotations

from dataclasses import dataclass, field

from frappe_celery.jobs import JobStatus
from frappe_celery.jobs.job import ACTIVE


@dataclass
class Run:
    run: str
    site: str
    queue: str
    id: str
    own_id: bool
    first: str = ""
    """The run that its job began with."""
    depends_on: dict[str, bool] = field(default_factory=dict)
    """First runs of others, and whether they may fail."""
    front: bool = False
    status: JobStatus = JobStatus.QUEUED
    cause: str = ""
    """The job that did not finish, so that this one was canceled."""
    is_followed: bool = False
    """Whether another run repeats it, which then is its job, also once that is gone."""
    is_kept: bool = False
    """Whether it has ended and is needed, so that it does not expire."""

    def __post_init__(self) -> None:
        self.first = self.first or self.run

    @property
    def active(self) -> bool:
        return self.status in ACTIVE
