"""What task code reads of RQ, over our store, and the rest of `frappe.utils.background_jobs`."""

from __future__ import annotations

from typing import Any

from frappe_celery import host
from frappe_standalone.jobs import run
from frappe_standalone.missing import ANY, lacks
from frappe_standalone.site.context import ADMINISTRATOR


def get_current_job(connection: Any = None, job_class: Any = None) -> host.Job | None:
    """The job that is running here, None outside of one."""
    return host.current_job()


class Job(host.Job):
    """Our Job, found by RQ's class methods."""

    @classmethod
    @lacks(serializer=ANY)
    def fetch(cls, id: str, connection: Any = None) -> host.Job:
        """The newest job under an effective id; raises NoSuchJobError."""
        return host.get_store().fetch(id)

    @classmethod
    def exists(cls, job_id: str, connection: Any = None) -> bool:
        try:
            host.get_store().fetch(job_id)
        except host.errors.NoSuchJob:
            return False
        return True


class Retry:
    """v17's `enqueue(…, retry=Retry(max=3))`.

    Args:
        max: how often it is run again after a failure.
        interval: seconds before each; `enqueue` refuses any but 0.
    """

    def __init__(self, max: int, interval: int | list[int] = 0) -> None:
        self.max = max
        self.intervals = interval if isinstance(interval, list) else [interval]


class Queue:
    """RQ's `Queue`, to look at what waits; jobs are enqueued by `frappe.enqueue`."""

    @lacks(
        **{"is_async": True, "job_class": ANY, "serializer": ANY, "death_penalty_class": ANY},
        default_timeout=ANY,
    )
    def __init__(self, name: str = "default", connection: Any = None) -> None:
        self.name = name.rsplit(":", 1)[-1]

    @classmethod
    def all(cls, connection: Any = None) -> list[Queue]:
        return [cls(name) for name in host.settings.current().queues]

    @property
    def count(self) -> int:
        return host.get_store().counts(queue=self.name)[host.JobStatus.QUEUED]

    def __len__(self) -> int:
        return self.count

    def is_empty(self) -> bool:
        return self.count == 0

    @property
    def jobs(self) -> list[host.Job]:
        """The waiting jobs, the oldest first."""
        return self.get_jobs()

    def get_jobs(self, offset: int = 0, length: int = -1) -> list[host.Job]:
        """The waiting jobs, the oldest first; a length of -1: all."""
        store = host.get_store()
        runs = store.runs_of(self.name, host.JobStatus.QUEUED)[offset:]
        some = store.read(runs[: None if length < 0 else length])
        return [job for job in some if job is not None]


class Worker(host.ListedWorker):
    """A process of a Celery worker, to look at."""

    @classmethod
    def all(cls, connection: Any = None, queue: Any = None) -> list[Worker]:
        """Every process that runs jobs, or those of a queue: each of RQ's workers is one."""
        found = [cls(*process) for process in host.get_store().by_process()]
        name = getattr(queue, "name", queue)
        return [worker for worker in found if name is None or name in worker.queue_names()]

    @classmethod
    def count(cls, connection: Any = None, queue: Any = None) -> int:
        return len(cls.all(connection, queue))

    @property
    def queues(self) -> list[Queue]:
        """The queues that it empties, in order."""
        return [Queue(name) for name in self.queue_names()]


# -- frappe.utils.background_jobs


def execute_job(
    site: str,
    method: Any,
    event: str | None,
    job_name: str | None,
    kwargs: dict[str, Any],
    user: str | None = None,
    is_async: bool = True,
    retry: int = 0,
) -> Any:
    """Run a method as a worker would, here and now."""
    name = host.method_name(method)
    return run.execute(run.Run(site, user or ADMINISTRATOR, method, kwargs, name, job_name or name))


def get_queues_timeout() -> dict[str, int]:
    """Seconds that a job of each queue may run."""
    return {queue.name: queue.timeout for queue in host.settings.current().queues.values()}


def get_workers(queue: Any = None) -> list[Worker]:
    """The workers, as RQ's Worker.all() gives them."""
    return Worker.all(queue=queue)


@lacks(is_async=True)
def get_queue(qtype: str) -> Queue:
    """A queue as RQ shows it; raises UnknownQueue for one that there is not."""
    return Queue(host.settings.current().queue(qtype).name)


def get_queues(connection: Any = None) -> list[Queue]:
    """All queues as RQ shows them."""
    return [get_queue(name) for name in host.settings.current().queues]


def get_redis_conn(username: str | None = None, password: str | None = None) -> Any:
    """The Redis client of the job store."""
    return host.get_store().client
