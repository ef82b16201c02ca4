"""Plain Celery: prefork, late acknowledgement, no results, so no record of any job."""

from __future__ import annotations

from functools import cached_property

from celery import Celery
from redis import Redis

from benchmarks.sides.base import JOB_ARGUMENTS, jobs, redis_url

app = Celery("benchmark", broker=redis_url(), set_as_current=False)
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_prefetch_multiplier=4,  # Celery's default; faster here than 1
    broker_connection_retry_on_startup=True,
)
TASKS = {
    name: app.task(name=f"noop_app.tasks.{name}")(getattr(jobs(), name))
    for name in ("noop", "stamp")
}


class PlainCelery:
    name = "celery"
    packages = ("celery", "kombu", "redis")

    def __init__(self, processes: int) -> None:
        self.processes = processes

    @property
    def jobs_a_second(self) -> int:
        return 1000 * self.processes

    def worker_commands(self) -> list[list[str]]:
        application = ["-A", "benchmarks.sides.celery"]
        return [["celery", *application, "worker", "--concurrency", str(self.processes)]]

    def enqueue(self, job: str) -> None:
        TASKS[job].apply_async(kwargs=JOB_ARGUMENTS)

    def finished(self, enqueued: int) -> int:
        """A message is in the queue's list, then in `unacked` until it is acknowledged."""
        with self._client.pipeline() as pipe:
            pipe.llen("celery")
            pipe.hlen("unacked")
            return enqueued - int(sum(pipe.execute()))

    @cached_property
    def _client(self) -> Redis:
        return Redis.from_url(redis_url())


create = PlainCelery
