"""dramatiq: processes of eight threads, as it comes; no results, so no record of any job."""

from __future__ import annotations

from functools import cached_property
from typing import cast

import dramatiq
from dramatiq.brokers.redis import RedisBroker
from redis import Redis

from benchmarks.sides.base import JOB_ARGUMENTS, jobs, redis_url

broker = RedisBroker(url=redis_url())
dramatiq.set_broker(broker)
ACTORS = {name: dramatiq.actor(getattr(jobs(), name)) for name in ("noop", "stamp")}


class Dramatiq:
    name = "dramatiq"
    packages = ("dramatiq", "redis")

    def __init__(self, processes: int) -> None:
        self.processes = processes

    @property
    def jobs_a_second(self) -> int:
        return 2000 * self.processes

    def worker_commands(self) -> list[list[str]]:
        return [["dramatiq", "benchmarks.sides.dramatiq", "--processes", str(self.processes)]]

    def enqueue(self, job: str) -> None:
        ACTORS[job].send(**JOB_ARGUMENTS)

    def finished(self, enqueued: int) -> int:
        """A message is in this hash until it is acknowledged."""
        return enqueued - cast(int, self._client.hlen("dramatiq:default.msgs"))

    @cached_property
    def _client(self) -> Redis:
        return Redis.from_url(redis_url())


create = Dramatiq
