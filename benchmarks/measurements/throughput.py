"""How many no-op jobs a second two processes do when there is always a next one.

The backlog is enqueued first, then the workers start. The clock starts when a tenth is done, so
that starting up counts for nobody, and stops when the last is done, recorded, acknowledged. So do
the processor time of the worker's processes and of the server; enqueue's is that of the backlog.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from itertools import cycle, islice

from benchmarks import processor
from benchmarks.sides import Side
from benchmarks.sides.base import redis_url
from benchmarks.workers import Workers, running

SECONDS = 6.0


def measure(side: Side, scale: float, methods: Iterable[str] = ("noop",)) -> dict[str, float]:
    jobs = int(side.jobs_a_second * SECONDS * scale)
    began = time.process_time()
    for method in islice(cycle(methods), jobs):
        side.enqueue(method)
    enqueue = (time.process_time() - began) / jobs
    with running(side) as workers:
        start = workers.wait_finished(jobs // 10, jobs)
        counted, before = jobs - side.finished(jobs), _spent(workers)
        end = workers.wait_finished(jobs, jobs)
        worker, server = (now - then for now, then in zip(_spent(workers), before, strict=True))
    return {
        "rate": counted / (end - start),
        "worker": worker / counted * 1e6,
        "server": server / counted * 1e6,
        "enqueue": enqueue * 1e6,
    }


def _spent(workers: Workers) -> tuple[float, float]:
    """Seconds of the worker and of the server up to now."""
    return processor.of_programs(workers.programs), processor.of_server(redis_url())
