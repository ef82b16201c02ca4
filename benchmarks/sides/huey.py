"""huey: a consumer with processes, as it comes."""

from __future__ import annotations

from huey import RedisHuey

from benchmarks.sides.base import JOB_ARGUMENTS, jobs, redis_url

huey = RedisHuey("benchmark", url=redis_url())
TASKS = {name: huey.task()(getattr(jobs(), name)) for name in ("noop", "stamp")}


class HueyConsumer:
    name = "huey"
    packages = ("huey", "redis")

    def __init__(self, processes: int) -> None:
        self.processes = processes

    @property
    def jobs_a_second(self) -> int:
        return 2600 * self.processes

    def worker_commands(self) -> list[list[str]]:
        words = ["--workers", str(self.processes), "--worker-type", "process", "--quiet"]
        return [["huey.bin.huey_consumer", "benchmarks.sides.huey.huey", *words]]

    def enqueue(self, job: str) -> None:
        TASKS[job](**JOB_ARGUMENTS)

    def finished(self, enqueued: int) -> int:
        """What was taken out of the list: nothing says that it has ended."""
        return enqueued - int(huey.pending_count())


create = HueyConsumer
