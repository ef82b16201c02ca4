"""Memory of an idle worker: PSS of all its processes, after each has done some jobs.

PSS counts a page that n processes share as 1/n in each of them. Linux only.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from subprocess import Popen

import psutil

from benchmarks.sides import Side
from benchmarks.workers import running

JOBS = 100
IDLE_SECONDS = 2


def measure(side: Side, scale: float) -> dict[str, float]:
    for _ in range(JOBS):
        side.enqueue("noop")
    with running(side) as workers:
        workers.wait_finished(JOBS, JOBS)
        time.sleep(IDLE_SECONDS)
        return {"pss": total_pss(workers.programs)}


def total_pss(programs: Sequence[Popen[bytes]]) -> float:
    """MiB of these programs and their children."""
    return sum(_pss(program.pid) for program in programs) / 2**20


def _pss(pid: int) -> int:
    program = psutil.Process(pid)
    processes = [program, *program.children(recursive=True)]
    return sum(int(process.memory_full_info().pss) for process in processes)
