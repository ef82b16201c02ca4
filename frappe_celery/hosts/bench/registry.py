"""Registries in RQ's shape: the jobs of one queue that have one status."""

from __future__ import annotations

import sys
from typing import Any

from rq import registry as rqs

from frappe_celery import jobs
from frappe_celery.hosts.bench.rq_job import Job
from frappe_celery.hosts.bench.rq_names import own_name
from frappe_celery.jobs import JobStatus, get_store

ORIGINALS: dict[JobStatus, Any] = {
    JobStatus.STARTED: rqs.StartedJobRegistry,
    JobStatus.FINISHED: rqs.FinishedJobRegistry,
    JobStatus.FAILED: rqs.FailedJobRegistry,
    JobStatus.CANCELED: rqs.CanceledJobRegistry,
    JobStatus.DEFERRED: rqs.DeferredJobRegistry,
    JobStatus.SCHEDULED: rqs.ScheduledJobRegistry,
}
"""RQ's classes, by the status that their jobs have."""


class Registry:
    """In place of RQ's FailedJobRegistry and its siblings."""

    def __init__(self, name: str, status: JobStatus) -> None:
        self.name = name
        self.status = status
        self.statuses = (status, JobStatus.STOPPED) if status == JobStatus.FAILED else (status,)
        """RQ's has what was stopped among what failed."""
        self.store = get_store()
        self.connection = self.store.client
        self.queue: str = own_name(name) or name

    @property
    def count(self) -> int:
        counts = self.store.counts(queue=self.queue)
        return sum(counts[status] for status in self.statuses)

    def __len__(self) -> int:
        return self.count

    def __contains__(self, job_or_id: Any) -> bool:
        job_id = job_or_id if isinstance(job_or_id, str) else job_or_id.id
        return job_id in self.get_job_ids()

    def get_job_ids(self, start: int = 0, end: int = -1, desc: bool = False, **_: Any) -> list[str]:
        """Ids from `start` to `end`, both included, the oldest first, or the newest; -1: all."""
        runs = self.store.runs_of(self.queue, *self.statuses)[:: -1 if desc else 1]
        some = runs[start : None if end < 0 else end + 1]
        return [job.id for job in self.store.read(some) if job is not None]

    def remove(self, job: Any, pipeline: Any = None, delete_job: bool = False) -> Any:
        """Delete a job; its record is its place here, so that it goes even without `delete_job`.

        Returns 0 where it is not here now: it is run again.
        """
        ours = self.store.find(job) if isinstance(job, str) else job
        if not isinstance(ours, jobs.Job):
            return self.rqs().remove(job, pipeline, delete_job)
        if ours.get_status() not in self.statuses:
            return 0
        ours.delete()
        return 1

    def requeue(self, job_or_id: Any, at_front: bool = False) -> Any:
        """Run an ended job again, where it ended: in Celery or in RQ."""
        job = Job.fetch(job_or_id, self.connection) if isinstance(job_or_id, str) else job_or_id
        return job.requeue(at_front)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        """What RQ does with a job of its own; ours are here by their status."""
        return self.rqs().add(*args, **kwargs)

    def cleanup(self, timestamp: float | None = None) -> None:
        """RQ's upkeep, which the job store and the workers' reaper do by themselves."""

    def rqs(self) -> Any:
        """RQ's own registry of this queue."""
        rqs_own = object.__new__(ORIGINALS[self.status])
        rqs_own.__init__(self.name, connection=self.connection)
        return rqs_own


def new(original: Any, status: JobStatus) -> Any:
    """`__new__` of one of RQ's registries: of a queue of this bench it gives ours.

    The class itself stays in its place: RQ 2 calls `super()` by the class's name. RQ's own code,
    which sees to RQ's jobs, gets RQ's, but where a queue of ours is asked for its registry.
    """

    def replacement(
        cls: Any, name: str = "default", connection: Any = None, job_class: Any = None,
        queue: Any = None, *_: Any, **__: Any,
    ) -> Any:  # fmt: skip
        found = queue.name if queue is not None else name
        asked_by_rq = str(sys._getframe(1).f_globals.get("__name__")).startswith("rq.")
        if own_name(found) is None or (asked_by_rq and not hasattr(queue, "store")):
            return object.__new__(cls)
        return Registry(found, status)

    return staticmethod(replacement)
