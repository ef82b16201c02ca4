"""Workers in the shape in which Frappe's code knows them from RQ."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cached_property
from typing import Any

from rq.worker import Worker as RQWorker

from frappe_celery.hosts.bench import routing
from frappe_celery.hosts.bench.names import rq_name
from frappe_celery.hosts.bench.queue import Queue
from frappe_celery.jobs import Job, JobStatus, get_store
from frappe_celery.jobs.workers import WorkerInfo


class Worker(RQWorker):  # type: ignore[misc]
    """In place of `rq.Worker`: it lists Celery's processes. One that an app makes is RQ's."""

    @classmethod
    def all(
        cls, connection: Any = None, job_class: Any = None, queue_class: Any = None,
        queue: Any = None, serializer: Any = None,
    ) -> list[Any]:  # fmt: skip
        """Every process that runs jobs, or those of a queue: each of RQ's workers is one."""
        store = get_store()
        processes = store.workers.by_process()
        jobs = store.read([process.current_job or "" for process in processes])
        workers: list[Any] = list(map(ListedWorker, processes, jobs))
        if routing.current() is not None:
            workers += RQWorker.all(connection=store.client)
        return [w for w in workers if queue is None or queue.name in w.queue_names()]

    @classmethod
    def count(cls, connection: Any = None, queue: Any = None) -> int:
        """How many there are."""
        return len(cls.all(queue=queue))

    @classmethod
    def all_keys(cls, connection: Any = None, queue: Any = None) -> list[str]:
        """Their names; RQ's would be Redis keys."""
        return [worker.name for worker in cls.all(queue=queue)]


class ListedWorker:
    """A process of a Celery worker, or a worker whose jobs Celery's pool runs, as RQ shows one."""

    def __init__(self, info: WorkerInfo, job: Job | None) -> None:
        self.info = info
        self.job = job if job is not None and job.status == JobStatus.STARTED else None
        self.name = self.key = info.name
        self.hostname = info.hostname
        self.pid = info.pid
        self.state = "busy" if self.job else "idle"
        self.birth_date = _naive_utc(info.birth)
        self.last_heartbeat = _naive_utc(info.last_heartbeat)
        self.successful_job_count = info.successful
        self.failed_job_count = info.failed
        self.total_working_time = info.total_working_time / info.processes
        """Seconds, of one process on average: Frappe divides it by the worker's age."""

    def queue_names(self) -> list[str]:
        """RQ's names of its queues."""
        return [rq_name(queue) for queue in self.info.queues]

    @cached_property
    def queues(self) -> list[Any]:
        """Its queues."""
        return [Queue(name) for name in self.queue_names()]

    def get_state(self) -> str:
        """`busy` or `idle`."""
        return self.state

    def get_current_job(self) -> Job | None:
        """What it runs now."""
        return self.job

    def get_current_job_id(self) -> str | None:
        """The id of that job."""
        return self.job.id if self.job else None


def _naive_utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None)
