"""How many jobs a second that each sleep 5 ms, and what the worker's parent has to do with each.

Measured like `throughput`. The parent is the program that was started, without its children.
"""

from __future__ import annotations

from benchmarks import processor
from benchmarks.sides import Side
from benchmarks.workers import Workers, running

SECONDS = 6.0
JOBS_A_SECOND_OF_A_PROCESS = 150
MOST_JOBS_A_SECOND = 900
"""About what two cores do; both size the backlog and decide nothing."""


def measure(side: Side, scale: float) -> dict[str, float]:
    pace = min(JOBS_A_SECOND_OF_A_PROCESS * side.processes, MOST_JOBS_A_SECOND)
    jobs = int(pace * SECONDS * scale)
    for _ in range(jobs):
        side.enqueue("nap")
    with running(side) as workers:
        start = workers.wait_finished(jobs // 10, jobs)
        counted, before = jobs - side.finished(jobs), _parents_seconds(workers)
        end = workers.wait_finished(jobs, jobs)
        spent = _parents_seconds(workers) - before
    return {"rate": counted / (end - start), "parent": spent / counted * 1e6}


def _parents_seconds(workers: Workers) -> float:
    return processor.of_programs(workers.programs, children=False)
