"""Workers as RQ lists them: the same in every host."""

from __future__ import annotations

from frappe_celery.jobs import Job, JobStatus
from frappe_celery.jobs.record.record import naive_utc
from frappe_celery.jobs.workers import WorkerInfo


class ListedWorker:
    """A process of a Celery worker, or a worker whose jobs Celery's pool runs."""

    def __init__(self, info: WorkerInfo, job: Job | None) -> None:
        self.info = info
        self.job = job if job is not None and job.status == JobStatus.STARTED else None
        self.name = self.key = info.name
        self.hostname = info.hostname
        self.pid = info.pid
        self.state = "busy" if self.job else "idle"
        self.birth_date = naive_utc(info.birth)
        self.last_heartbeat = naive_utc(info.last_heartbeat)
        self.successful_job_count = info.successful
        self.failed_job_count = info.failed
        self.total_working_time = info.total_working_time / info.processes
        """Seconds, of one process on average: Frappe divides it by the worker's age."""

    def queue_names(self) -> list[str]:
        """The queues that it empties, in order."""
        return list(self.info.queues)

    def get_state(self) -> str:
        """`busy` or `idle`."""
        return self.state

    def get_current_job(self) -> Job | None:
        """The job that it runs now, None while it is idle."""
        return self.job

    def get_current_job_id(self) -> str | None:
        return self.job.id if self.job else None
