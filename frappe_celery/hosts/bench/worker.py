"""Workers in the shape in which Frappe's code knows them from RQ."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import rq
from rq.worker import Worker as RQWorker

from frappe_celery.hosts.bench.names import rq_name
from frappe_celery.hosts.listed import ListedWorker
from frappe_celery.jobs import get_store


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

    @cached_property
    def queues(self) -> list[Any]:
        return [rq.Queue(name) for name in self.queue_names()]  # whichever stands there
