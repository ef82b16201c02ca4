"""`celery inspect active`: the jobs that a worker's processes took themselves, beside the tasks of
which Celery knows."""

from __future__ import annotations

from typing import Any

from celery.worker import control
from celery.worker.control import inspect_command

from frappe_celery.jobs import get_store
from frappe_celery.worker.pool import Pool
from frappe_celery.worker.slot import Doing

celerys = control.active


@inspect_command(alias="dump_active")  # type: ignore[untyped-decorator]
def active(state: Any, safe: bool = False, **options: Any) -> list[dict[str, Any]]:
    """List of tasks currently being executed."""
    found: list[dict[str, Any]] = celerys(state, safe=safe, **options)
    if isinstance(state.consumer.pool, Pool):
        found += _jobs(state.consumer.pool, state.hostname)
    return found


def _jobs(pool: Pool, hostname: str) -> list[dict[str, Any]]:
    running = [(child, seen) for child, seen in pool.seen() if seen.doing == Doing.RUNS]
    jobs = get_store().read([seen.run for _, seen in running])
    return [
        {
            "id": seen.run,
            "name": job.label,
            "args": "()",
            "kwargs": "{}",
            "type": job.label,
            "hostname": hostname,
            "time_start": seen.began,
            "acknowledged": True,
            "delivery_info": {"exchange": "", "routing_key": job.queue, "redelivered": False},
            "worker_pid": child.process.pid,
        }
        for (child, seen), job in zip(running, jobs)  # noqa: B905 (equal by construction)
        if job is not None
    ]
