"""How many Python functions are called for a no-op job: by the process that runs it, from one job's
first line to that of the next, and by the caller of enqueue.

The jobs of one process, always as many, after so many that what a process does once is done.
"""

from __future__ import annotations

from typing import Any, cast

from redis import Redis

from benchmarks.counting import counted
from benchmarks.sides import Side
from benchmarks.sides.base import jobs, redis_url
from benchmarks.workers import running

WARM_UP = 150
JOBS = 600


def measure(side: Side, scale: float) -> dict[str, float]:
    def enqueue(jobs: int) -> None:
        for _ in range(jobs):
            side.enqueue("noop")

    enqueue(WARM_UP)
    side.enqueue("tally")
    by_caller = counted(lambda: enqueue(JOBS))
    side.enqueue("tally")
    enqueued = WARM_UP + JOBS + 2
    with running(side, under="benchmarks.counting") as workers:
        workers.wait_finished(enqueued, enqueued)
    tallies = cast(Any, Redis.from_url(redis_url()).lrange(jobs().TALLIES, 0, -1))
    before, after = map(int, tallies)
    return {"job": (after - before) / (JOBS + 1), "enqueue": by_caller / JOBS}
