"""Jobs of all queues of a bench, counted through RQ's names, which every side answers to."""

from __future__ import annotations

import re
import time
import warnings
from collections import Counter

from frappe.utils import background_jobs

from benchmarks.workers import Workers

LOOK_EVERY_SECONDS = 0.05
QUIET_SECONDS = 1.0
"""So long nothing waits or runs before all counts as done: RQ has moments at which a job that was
taken is nowhere."""
PATIENCE_SECONDS = 600


def counts() -> dict[str, int]:
    """How many wait, run, finished and failed."""
    queues = [background_jobs.get_queue(name) for name in background_jobs.get_queue_list()]
    return {
        "waiting": sum(queue.count for queue in queues),
        "running": sum(queue.started_job_registry.count for queue in queues),
        "finished": sum(queue.finished_job_registry.count for queue in queues),
        "failed": sum(queue.failed_job_registry.count for queue in queues),
    }


def wait_until_quiet(workers: Workers, ended: int) -> float:
    """Wait until at least so many have ended and none is left; gives the moment it became so.

    Raises:
        WorkersFailed: a worker ended, or nothing changed for PATIENCE_SECONDS.
    """
    seen, since = counts(), time.monotonic()
    while True:
        time.sleep(LOOK_EVERY_SECONDS)
        found, now = counts(), time.monotonic()
        if found != seen:
            seen, since = found, now
        done = not (seen["waiting"] or seen["running"])
        if done and seen["finished"] + seen["failed"] >= ended and now - since >= QUIET_SECONDS:
            return since
        workers.check(f"{seen}, {ended} expected", patient=now - since < PATIENCE_SECONDS)


def failures() -> Counter[str]:
    """Classes of the exceptions of failed jobs."""
    found: Counter[str] = Counter()
    for name in background_jobs.get_queue_list():
        queue = background_jobs.get_queue(name)
        for job_id in queue.failed_job_registry.get_job_ids():
            job = queue.fetch_job(job_id)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                found[exception_class(job.exc_info if job else "")] += 1
    return found


def exception_class(traceback: str | None) -> str:
    """The class in the last line of a traceback that begins with one."""
    for line in reversed((traceback or "").strip().splitlines()):
        begins = re.match(r"([A-Za-z_][\w.]*)(:|$)", line)
        if begins:
            return begins[1].rpartition(".")[2]
    return "unknown"
