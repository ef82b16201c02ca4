"""What is measured. Each module has `measure`, run by one side, once a round."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.sides.base import PROCESSES


@dataclass(frozen=True)
class Row:
    """A line of the table; `measure` returns a number for each of its module's rows."""

    key: str
    title: str
    unit: str
    more_is_better: bool


@dataclass(frozen=True)
class Measurement:
    """What a turn measures, and which of its numbers stand in a table."""

    module: str
    rows: tuple[Row, ...]
    processes: int = PROCESSES
    """That run jobs."""
    deduplicate: bool = False
    """In a bench: each job has an id of its own and is enqueued with deduplicate=True."""
    sides: tuple[str, ...] = ()
    """In a bench: those that take part."""


ROWS = {
    "enqueue": (
        Row("apart", "enqueue, one process, server on another core", "jobs/s", True),
        Row("together", "enqueue, one process, server on the same core", "jobs/s", True),
    ),
    "throughput": (Row("rate", "no-op jobs done, two processes", "jobs/s", True),),
    "latency": (
        Row("median", "enqueue to start, idle worker, median", "ms", False),
        Row("p99", "enqueue to start, idle worker, p99", "ms", False),
    ),
    "memory": (Row("pss", "memory of an idle worker of two processes, PSS", "MiB", False),),
}
"""Rows of each measurement, by the name of its module."""
