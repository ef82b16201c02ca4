"""How many no-op jobs a second two processes do when there is always a next one.

The backlog is enqueued first, then the workers start. The clock starts when a tenth is done, so
that starting up counts for nobody, and stops when the last is done, recorded, acknowledged.
"""

from __future__ import annotations

from benchmarks.sides import Side
from benchmarks.workers import running

SECONDS = 6.0


def measure(side: Side, scale: float) -> dict[str, float]:
    jobs = int(side.jobs_a_second * SECONDS * scale)
    for _ in range(jobs):
        side.enqueue("noop")
    with running(side) as workers:
        start = workers.wait_finished(jobs // 10, jobs)
        counted = jobs - side.finished(jobs)
        end = workers.wait_finished(jobs, jobs)
    return {"rate": counted / (end - start)}
