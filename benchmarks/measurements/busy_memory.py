"""Memory of a worker all of whose processes run a job at the moment: PSS, as in `memory`."""

from __future__ import annotations

import time

from redis import Redis

from benchmarks.measurements.memory import total_pss
from benchmarks.sides import Side
from benchmarks.sides.base import jobs, redis_url
from benchmarks.workers import PATIENCE_SECONDS, running

LOOK_EVERY_SECONDS = 0.2


def measure(side: Side, scale: float) -> dict[str, float]:
    client, tasks = Redis.from_url(redis_url()), jobs()
    with running(side) as workers:
        for _ in range(side.processes):
            side.enqueue("hold")
        since = time.monotonic()
        while (begun := client.llen(tasks.STAMPS)) < side.processes:
            patient = time.monotonic() - since < PATIENCE_SECONDS
            workers.check(f"{begun} of {side.processes} jobs have begun", patient=patient)
            time.sleep(LOOK_EVERY_SECONDS)
        pss = total_pss(workers.programs)
        client.rpush(tasks.RELEASED, *range(side.processes))
        workers.wait_finished(side.processes, side.processes)
    return {"pss": pss}
