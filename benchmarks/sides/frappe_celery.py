"""frappe_celery: the standalone host, `celery -A frappe_celery worker`, `frappe.enqueue`.

Its project is the working directory: `sites/` as the harness has written it, with one app.
"""

from __future__ import annotations

from functools import cached_property

from benchmarks.sides.base import JOB_ARGUMENTS, path_of
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore, get_store

PLACE = "standalone|default"
"""Site and queue of all jobs."""


class FrappeCelery:
    name = "frappe_celery"
    packages = ("frappe_celery", "celery", "kombu", "redis")

    def __init__(self, processes: int) -> None:
        self.processes = processes

    @property
    def jobs_a_second(self) -> int:
        return 1500 * self.processes

    def worker_commands(self) -> list[list[str]]:
        return [["celery", "-A", "frappe_celery", "worker", "--concurrency", str(self.processes)]]

    def enqueue(self, job: str) -> None:
        enqueue(path_of(job), **JOB_ARGUMENTS)

    def finished(self, enqueued: int) -> int:
        index = self._store.keys.index(PLACE, JobStatus.FINISHED)
        recorded = int(self._store.client.zcard(index))
        if recorded < enqueued:
            return recorded
        return enqueued - unacknowledged(self._store)

    @cached_property
    def _store(self) -> JobStore:
        return get_store()


def unacknowledged(store: JobStore) -> int:
    """How many messages workers hold."""
    client, keys = store.client, store.keys
    consumers = [name.decode() for name in client.zrange(keys.consumers, 0, -1)]
    return sum(int(client.hlen(keys.in_flight(name))) for name in consumers)


create = FrappeCelery
