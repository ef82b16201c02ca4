"""From the start of a worker's program to the first line of the first job, which waits for it, and
the processor time of its processes until that job is done."""

from __future__ import annotations

import time

from redis import Redis

from benchmarks import processor
from benchmarks.measurements.latency import next_stamp
from benchmarks.sides import Side
from benchmarks.sides.base import redis_url
from benchmarks.workers import running


def measure(side: Side, scale: float) -> dict[str, float]:
    client = Redis.from_url(redis_url())
    side.enqueue("stamp")
    start = time.monotonic()
    with running(side) as workers:
        began = next_stamp(workers, client, "the first job")
        workers.wait_finished(1, 1)
        spent = processor.of_programs(workers.programs)
    return {"first": (began - start) * 1000, "processor": spent * 1000}
