"""Bench's processes once Celery runs the jobs: what starts them, and workers as RQ lists them."""

from __future__ import annotations

import logging
from typing import Any, NoReturn

import click
import rq
from rq.worker import Worker as RQWorker

from frappe_celery.hosts.bench.rq_names import rq_name
from frappe_celery.hosts.listed import ListedWorker
from frappe_celery.jobs import JobStatus, get_store, providers
from frappe_celery.schedule.leadership import leadership

logger = logging.getLogger(__name__)


def start_worker(
    queue: str | None = None,
    quiet: bool = False,
    rq_username: str | None = None,
    rq_password: str | None = None,
    burst: bool = False,
    strategy: Any = None,
) -> None:
    """`bench worker`: a Celery worker with one process, as RQ's has.

    The user and the password of RQ are part of `redis_queue`'s URL here. Queues are always emptied
    in their order.
    """
    if rq_username or rq_password:
        logger.warning("RQ's user and password are part of redis_queue's URL here: not followed")
    if strategy in ("round_robin", "random"):
        logger.warning("strategy %s is RQ's: the queues are emptied in their order", strategy)
    providers.start_worker(queue, burst, quiet, 1, False)


def start_worker_pool(
    queue: str | None = None, num_workers: int = 1, quiet: bool = False, burst: bool = False
) -> None:
    """`bench worker-pool`: a Celery worker with as many processes, and beat as Frappe's brings one.

    `frappe.gunicorn_companion` starts it too, beside gunicorn.
    """
    providers.start_worker(queue, burst, quiet, num_workers, not burst)


def start_scheduler() -> NoReturn:
    """`bench schedule`, and the scheduler that Frappe's workers bring: a second scheduler would
    enqueue everything twice."""
    raise click.ClickException(
        "Celery runs this bench's jobs and its beat the schedule: start `frappe-celery beat` in"
        " place of `bench schedule` (in the Procfile, supervisor or systemd), or switch back"
        " with `frappe-celery disable`"
    )


def is_schduler_process_running() -> bool:
    """Whether a beat acts on the schedule.

    Raises:
        BrokerUnreachable: it cannot be told.
    """
    return leadership(get_store()).leader is not None


def get_running_jobs_in_queue(queue: Any) -> list[Any]:
    """The jobs of a queue that run now; a Celery worker may run several at once."""
    jobs: list[Any] = queue.store.all_of(JobStatus.STARTED, queue=queue.queue)
    queue.store.read_messages(jobs)
    return jobs


class Worker(RQWorker):  # type: ignore[misc]
    """In place of `rq.Worker`: it lists Celery's processes. One that an app makes is RQ's."""

    @classmethod
    def all(
        cls, connection: Any = None, job_class: Any = None, queue_class: Any = None,
        queue: Any = None, serializer: Any = None,
    ) -> list[Any]:  # fmt: skip
        """Every process that runs jobs, or those of a queue."""
        workers = (BenchWorker(*found) for found in get_store().by_process())
        return [w for w in workers if queue is None or queue.name in w.queue_names()]

    @classmethod
    def count(cls, connection: Any = None, queue: Any = None) -> int:
        return len(cls.all(queue=queue))

    @classmethod
    def all_keys(cls, connection: Any = None, queue: Any = None) -> list[str]:
        """Their names; RQ's would be Redis keys."""
        return [worker.name for worker in cls.all(queue=queue)]


class BenchWorker(ListedWorker):
    """A Celery worker as RQ's `Worker`; its queues have RQ's names."""

    def queue_names(self) -> list[str]:
        return [rq_name(queue) for queue in self.info.queues]

    @property
    def queues(self) -> list[Any]:
        return [rq.Queue(name) for name in self.queue_names()]  # whichever stands there
