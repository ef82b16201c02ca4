"""taskiq with its Redis streams, which acknowledge; no results, so no record of any job."""

from __future__ import annotations

import asyncio
from functools import cached_property
from typing import Any, cast

from redis import Redis
from taskiq_redis import RedisStreamBroker

from benchmarks.sides.base import JOB_ARGUMENTS, jobs, redis_url

broker = RedisStreamBroker(redis_url())
TASKS = {
    name: broker.task(task_name=f"noop_app.tasks.{name}")(getattr(jobs(), name))
    for name in ("noop", "stamp")
}


class Taskiq:
    name = "taskiq"
    packages = ("taskiq", "taskiq-redis", "redis")

    def __init__(self, processes: int) -> None:
        self.processes = processes

    @property
    def jobs_a_second(self) -> int:
        return 2600 * self.processes

    def worker_commands(self) -> list[list[str]]:
        words = ["--workers", str(self.processes), "--log-level", "WARNING"]
        return [["taskiq", "worker", "benchmarks.sides.taskiq:broker", *words]]

    def enqueue(self, job: str) -> None:
        self._loop.run_until_complete(TASKS[job].kiq(**JOB_ARGUMENTS))

    def finished(self, enqueued: int) -> int:
        """A stream keeps what was acknowledged; its group counts what was read and was not."""
        for group in cast(Any, self._client.xinfo_groups("taskiq")):
            return int(group["entries-read"] or 0) - int(group["pending"])
        return 0

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.run_until_complete(broker.startup())
        return loop

    @cached_property
    def _client(self) -> Redis:
        return Redis.from_url(redis_url())


create = Taskiq
