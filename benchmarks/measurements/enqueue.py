"""How many jobs a second one process enqueues, one call after the other, no worker running.

Twice: with the server on a core of its own, and on the same core. Apart, the time that waking up a
waiting process takes counts; together, it is the work that caller and server do.
"""

from __future__ import annotations

import time

from benchmarks.placement import placed
from benchmarks.sides import Side

WARM_UP = 300
JOBS = 6000


def measure(side: Side, scale: float) -> dict[str, float]:
    jobs = int(JOBS * scale)
    return {
        "apart": _rate(side, jobs, together=False),
        "together": _rate(side, jobs, together=True),
    }


def _rate(side: Side, jobs: int, together: bool) -> float:
    with placed(together=together):
        for _ in range(WARM_UP):
            side.enqueue("noop")
        start = time.perf_counter()
        for _ in range(jobs):
            side.enqueue("noop")
        return jobs / (time.perf_counter() - start)
