"""One turn of a scheduler, in a process of its own: `python -m benchmarks.schedule.turn SIDE WHAT`.

WHAT is `prepare` or `measure`, which prints one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from typing import Any

import psutil

from benchmarks.schedule.sides import SIDES

IDLE_SECONDS = 10.0
LEAST_TICKS = 5


def main() -> None:
    side = SIDES[sys.argv[1]]
    if sys.argv[2] == "prepare":
        side.prepare()
        print("{}")
    else:
        print(json.dumps(measure(side)))


def measure(side: Any) -> dict[str, float]:
    began = time.perf_counter()
    scheduler = side.start()
    start = time.perf_counter() - began
    ticks = _idle_ticks(scheduler)
    memory = psutil.Process().memory_info().rss / 2**20
    return {
        "start": start,
        "idle": statistics.median(ticks) * 1000,
        "idle_p99": statistics.quantiles(ticks, n=100, method="inclusive")[98] * 1000,
        "due": side.fire(scheduler) * 1000,
        "memory": memory,
    }


def _idle_ticks(scheduler: Any) -> list[float]:
    """Seconds of each turn while nothing is due, with what runs in the background meanwhile."""
    ticks: list[float] = []
    until = time.monotonic() + IDLE_SECONDS
    while time.monotonic() < until or len(ticks) < LEAST_TICKS:
        began = time.perf_counter()
        scheduler.tick()
        ticks.append(time.perf_counter() - began)
        time.sleep(0.01)
    return ticks


if __name__ == "__main__":
    main()
