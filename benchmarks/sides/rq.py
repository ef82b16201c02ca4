"""RQ: two `rq worker` processes, each forking a child for every job."""

from __future__ import annotations

from functools import cached_property
from typing import cast

from redis import Redis
from rq import Queue

from benchmarks.sides.base import JOB_ARGUMENTS, jobs, redis_url

RESULTS_TTL = "600"
"""Seconds; what Frappe's `rq_results_ttl` is by default. 0 would keep no record."""


class RqWorkers:
    name = "rq"
    packages = ("rq", "redis")

    def __init__(self, processes: int) -> None:
        self.processes = processes

    @property
    def jobs_a_second(self) -> int:
        return 75 * self.processes

    def worker_commands(self) -> list[list[str]]:
        command = ["rq.cli", "worker", "--url", redis_url(), "--quiet"]
        return [[*command, "--results-ttl", RESULTS_TTL, "default"]] * self.processes

    def enqueue(self, job: str) -> None:
        self._queue.enqueue_call(getattr(jobs(), job), kwargs=JOB_ARGUMENTS)

    def finished(self, enqueued: int) -> int:
        return cast(int, self._queue.finished_job_registry.get_job_count(cleanup=False))

    @cached_property
    def _queue(self) -> Queue:
        return Queue("default", connection=Redis.from_url(redis_url()))


create = RqWorkers
