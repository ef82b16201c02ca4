"""What is measured in a bench: `benchmarks.measurements` with 1 to 16 processes on each side."""

from __future__ import annotations

from benchmarks.measurements import Measurement, Row

BY_RATE = ("rq", "rq_nofork", "bare", "frappe_celery")

BY_ENQUEUE = ("rq", "frappe_celery")
"""What RQ's workers are matters to no caller of enqueue."""
WORKERS = ("rq", "rq_nofork", "frappe_celery")
"""As operators start them."""
BY_FRESH_PROCESS = ("rq", "fresh")
BY_GROWTH = ("rq_nofork", "prefork", "frappe_celery")


def _enqueue(what: str) -> tuple[Row, ...]:
    return (
        Row("apart", f"{what}, server on another core", "jobs/s", True),
        Row("together", f"{what}, server on the same core", "jobs/s", True),
    )


def _rate(processes: str) -> tuple[Row, ...]:
    return (Row("rate", f"no-op jobs done, {processes}", "jobs/s", True),)


MEASUREMENTS = {
    "enqueue": Measurement("enqueue", _enqueue("frappe.enqueue"), sides=BY_ENQUEUE),
    "deduplicate": Measurement(
        "enqueue",
        _enqueue("frappe.enqueue, deduplicate=True, a new id"),
        deduplicate=True,
        sides=BY_ENQUEUE,
    ),
    "one": Measurement("throughput", _rate("one process"), processes=1, sides=BY_RATE),
    "two": Measurement("throughput", _rate("two processes"), processes=2, sides=BY_RATE),
    "fresh": Measurement(
        "throughput",
        _rate("one process that forks for each"),
        processes=1,
        sides=BY_FRESH_PROCESS,
    ),
    "latency": Measurement(
        "latency",
        (
            Row("median", "enqueue to start, idle worker of one process, median", "ms", False),
            Row("p99", "enqueue to start, idle worker of one process, p99", "ms", False),
        ),
        processes=1,
        sides=BY_RATE,
    ),
    "memory": Measurement(
        "memory",
        (Row("pss", "two processes after 100 jobs, idle, PSS", "MiB", False),),
        processes=2,
        sides=WORKERS,
    ),
    "busy": Measurement(
        "busy_memory",
        (Row("pss", "eight processes, each running a job, PSS", "MiB", False),),
        processes=8,
        sides=WORKERS,
    ),
    **{
        f"growth{processes}": Measurement(
            "growth",
            (
                Row("rate", f"jobs that sleep 5 ms, processes: {processes}", "jobs/s", True),
                Row("parent", "the parent's processor time meanwhile", "ms for 1,000", False),
            ),
            processes=processes,
            sides=BY_GROWTH,
        )
        for processes in (1, 2, 4, 8, 16)
    },
}
