"""The sides, all `frappe.enqueue` in one bench: switched to Celery, and as Frappe ships it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pkgutil import resolve_name
from typing import Any, cast
from uuid import uuid4

import frappe
from frappe.utils import background_jobs

from benchmarks.bench import bare
from benchmarks.sides.base import path_of
from benchmarks.sides.frappe_celery import unacknowledged
from frappe_celery.jobs import JobStatus, get_store

NOOP = "frappe.clear_messages"
"""Of Frappe's own functions the one that does least: by its path a site finds only its apps'."""
COMMAND = ["frappe.utils.bench_helper", "frappe"]


class WrongSide(RuntimeError):
    """`frappe.enqueue` leads to the other side; its figures would be called by the wrong name."""


@dataclass
class BenchSide:
    """What all sides do alike: enqueue in the connected site."""

    processes: int
    deduplicate: bool

    name = ""
    packages = ("frappe", "redis")
    jobs_a_second_of_a_process = 0
    queue_class = ""
    queue = "default"

    @property
    def jobs_a_second(self) -> int:
        return self.jobs_a_second_of_a_process * self.processes

    def check(self) -> None:
        """Raises WrongSide."""
        found = background_jobs.Queue.__module__
        if found != self.queue_class:
            raise WrongSide(f"{self.name} would enqueue through {found}")

    def enqueue(self, job: str, **arguments: Any) -> None:
        """A job of ours is sent as a function, as tests and scripts do, the no-op by its path."""
        if self.deduplicate:
            arguments |= {"job_id": uuid4().hex, "deduplicate": True}
        method = NOOP if job == "noop" else resolve_name(path_of(job))
        frappe.enqueue(method, queue=self.queue, **arguments)


class OnRQ(BenchSide):
    """`bench worker`, one program a process."""

    name = "rq"
    packages = ("rq", *BenchSide.packages)
    jobs_a_second_of_a_process = 20
    queue_class = "rq.queue"

    def worker_commands(self) -> list[list[str]]:
        return [[*COMMAND, "worker", "--quiet"]] * self.processes

    def finished(self, enqueued: int) -> int:
        registry = background_jobs.get_queue("default").finished_job_registry
        return cast(int, registry.connection.zcard(registry.key))


class OnRQWithoutFork(OnRQ):
    """`bench worker-pool` with FRAPPE_BACKGROUND_WORKERS_NOFORK, of which `turns` knows."""

    name = "rq_nofork"
    jobs_a_second_of_a_process = 380

    def worker_commands(self) -> list[list[str]]:
        return [[*COMMAND, "worker-pool", "--quiet", "--num-workers", str(self.processes)]]


class OnCelery(BenchSide):
    """`frappe-celery worker`, one program with as many processes and, like RQ's, no scheduler."""

    name = "frappe_celery"
    packages = ("frappe_celery", "celery", "kombu", *BenchSide.packages)
    jobs_a_second_of_a_process = 450
    queue_class = "frappe_celery.hosts.bench.queue"

    def worker_commands(self) -> list[list[str]]:
        return [["frappe_celery.cli", "worker", "--quiet", "-c", str(self.processes)]]

    def finished(self, enqueued: int) -> int:
        """JobOptions every 10 ms, so as cheaply as of RQ."""
        store = get_store()
        index = store.keys.index(f"{frappe.local.site}|{self.queue}", JobStatus.FINISHED)
        recorded = cast(int, store.client.zcard(index))
        if recorded < enqueued:
            return recorded
        return enqueued - unacknowledged(store)


class OnCelerysPrefork(OnCelery):
    """Celery's own pool: the worker's parent fetches each job for its processes."""

    name = "prefork"

    def worker_commands(self) -> list[list[str]]:
        return [[*command, "--pool", "processes"] for command in super().worker_commands()]


class OnFreshProcesses(OnCelery):
    """`frappe-celery worker` on a queue that gives each job a process of its own, as RQ's fork."""

    name = "fresh"
    jobs_a_second_of_a_process = 70
    queue = "fresh"

    def worker_commands(self) -> list[list[str]]:
        return [[*command, "--queue", self.queue] for command in super().worker_commands()]


class BareLoop(BenchSide):
    """A pop and Frappe's `execute_job` (`bare`), the least that a job costs."""

    name = "bare"
    jobs_a_second_of_a_process = 700
    queue_class = "rq.queue"

    def worker_commands(self) -> list[list[str]]:
        return [["benchmarks.bench.bare", str(self.processes)]]

    def enqueue(self, job: str, **arguments: Any) -> None:
        bare.push(
            site=frappe.local.site,
            user="Administrator",
            method=NOOP if job == "noop" else resolve_name(path_of(job)),
            event=None,
            job_name=job,
            is_async=True,
            kwargs=arguments,
        )

    def finished(self, enqueued: int) -> int:
        return bare.done()


SIDES: dict[str, type[OnRQ] | type[OnCelery] | type[BareLoop]] = {
    side.name: side
    for side in (
        OnRQ,
        OnRQWithoutFork,
        OnCelery,
        OnCelerysPrefork,
        OnFreshProcesses,
        BareLoop,
    )
}


@contextmanager
def in_site(site: str) -> Iterator[None]:
    """Be in a site of the bench whose `sites` is the current folder, as a web request is."""
    frappe.init(site)
    frappe.connect()
    try:
        yield
    finally:
        frappe.destroy()
