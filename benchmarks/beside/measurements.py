"""What two trees are measured by, without Frappe and in a bench alike."""

from __future__ import annotations

from benchmarks.measurements import Measurement, Row


def _throughput(processes: int, words: str, module: str = "throughput") -> Measurement:
    rows = (
        Row("rate", f"no-op jobs, {words}", "jobs/s", True),
        Row("worker", f"worker's processor time a job, {words}", "µs", False),
        Row("server", f"Redis' processor time a job, {words}", "µs", False),
        Row("enqueue", "processor time of enqueue", "µs", False),
    )
    return Measurement(module, rows if processes > 1 else rows[:-1], processes)


MEASUREMENTS = {
    "two": _throughput(2, "two processes"),
    "one": _throughput(1, "one process"),
    "methods": _throughput(2, "two processes, 150 methods by turns", "many_methods"),
    "start": Measurement(
        "latency", (Row("median", "enqueue to start, median", "ms", False),), processes=1
    ),
    "calls": Measurement(
        "calls",
        (
            Row("job", "function calls of a job", "calls", False),
            Row("enqueue", "function calls of enqueue", "calls", False),
        ),
        processes=1,
    ),
    "startup": Measurement(
        "startup",
        (
            Row("first", "a worker's start to its first job", "ms", False),
            Row("processor", "processor time of that", "ms", False),
        ),
        processes=2,
    ),
    "memory": Measurement(
        "memory", (Row("pss", "worker of two processes, PSS", "MiB", False),), processes=2
    ),
}
