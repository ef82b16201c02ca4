"""How long an idle worker takes from the call of enqueue to the first line of the job.

One job at a time; the next follows when it is done and some more time has passed, of random
length, so that no side's polling falls into step. The job itself notes the moment it starts.
"""

from __future__ import annotations

import random
import statistics
import time
from typing import Any, cast

from redis import Redis

from benchmarks.sides import Side
from benchmarks.sides.base import jobs, redis_url
from benchmarks.workers import PATIENCE_SECONDS, Workers, running

WARM_UP = 20
JOBS = 200
PAUSE = (0.02, 0.06)


def measure(side: Side, scale: float) -> dict[str, float]:
    client = Redis.from_url(redis_url())
    jobs = max(int(JOBS * scale), 40)
    with running(side) as workers:
        times = [_once(workers, client, number) for number in range(1, WARM_UP + jobs + 1)]
    times = times[WARM_UP:]
    return {
        "median": statistics.median(times) * 1000,
        "p99": statistics.quantiles(times, n=100, method="inclusive")[98] * 1000,
    }


def _once(workers: Workers, client: Redis, number: int) -> float:
    start = time.monotonic()
    workers.side.enqueue("stamp")
    began = next_stamp(workers, client, f"job {number}")
    workers.wait_finished(number, number)
    time.sleep(random.uniform(*PAUSE))
    return began - start


def next_stamp(workers: Workers, client: Redis, job: str) -> float:
    """The moment (time.monotonic) at which a job began; raises WorkersFailed."""
    since = time.monotonic()
    while (stamp := cast(Any, client.blpop([jobs().STAMPS], timeout=1))) is None:
        waited = time.monotonic() - since
        workers.check(f"{job} has not started", patient=waited < PATIENCE_SECONDS)
    return float(stamp[1])
