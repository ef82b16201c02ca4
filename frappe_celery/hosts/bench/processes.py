"""What `bench worker`, `bench worker-pool` and `bench schedule` do once Celery runs the jobs.

In an armed bench `bench worker` and `bench worker-pool` are Frappe's own and serve RQ;
`frappe-celery worker` serves Celery.
"""

from __future__ import annotations

import fcntl
import inspect
import logging
import multiprocessing
from collections.abc import Callable
from types import FunctionType
from typing import Any

import click
from rq.job import Job as RQJob
from rq.queue import Queue as RQQueue
from rq.worker import Worker as RQWorker

from frappe_celery.config import settings
from frappe_celery.hosts.bench import routing
from frappe_celery.jobs import JobStatus, get_store, providers
from frappe_celery.schedule.leadership import leadership

logger = logging.getLogger(__name__)


def of_rq_where_armed(ours: Callable[..., Any]) -> Callable[..., Any]:
    """What wraps Frappe's function: that one in an armed bench, else ours."""

    def wrapping(frappes: Any) -> Any:
        def chosen(*args: Any, **kwargs: Any) -> Any:
            if routing.current() is None:
                return ours(*args, **kwargs)
            multiprocessing.set_start_method("fork", force=True)  # RQ's classes cannot be pickled
            return on_rq(frappes)(*args, **kwargs)

        chosen.__signature__ = inspect.signature(ours)  # type: ignore[attr-defined]
        return chosen

    return wrapping


def on_rq(frappes: Any) -> Any:
    """A function of Frappe's as it was: it and those of its module see RQ's classes."""
    if not isinstance(frappes, FunctionType):
        return frappes
    theirs, rqs = frappes.__globals__, {"Queue": RQQueue, "Worker": RQWorker, "Job": RQJob}
    names = {**theirs, **{name: cls for name, cls in rqs.items() if name in theirs}}
    for name, value in theirs.items():
        original = inspect.unwrap(value) if isinstance(value, FunctionType) else None
        if original is not None and original.__globals__ is theirs:
            names[name] = _seeing(original, names)
    return _seeing(frappes, names)


def _seeing(function: FunctionType, names: dict[str, Any]) -> FunctionType:
    made = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    made.__kwdefaults__ = function.__kwdefaults__
    return made


def start_worker(
    queue: str | None = None,
    quiet: bool = False,
    rq_username: str | None = None,
    rq_password: str | None = None,
    burst: bool = False,
    strategy: Any = None,
) -> None:
    """`bench worker`: a Celery worker with one process, as RQ's has.

    The user and the password of RQ are part of `redis_queue`'s URL here. Queues are always emptied
    in their order.
    """
    if rq_username or rq_password:
        logger.warning("RQ's user and password are part of redis_queue's URL here: not followed")
    if strategy in ("round_robin", "random"):
        logger.warning("strategy %s is RQ's: the queues are emptied in their order", strategy)
    providers.start_worker(queue, burst, quiet, 1, False)


def start_worker_pool(
    queue: str | None = None, num_workers: int = 1, quiet: bool = False, burst: bool = False
) -> None:
    """`bench worker-pool`: a Celery worker with as many processes, and beat as Frappe's brings one.

    `frappe.gunicorn_companion` starts it too, beside gunicorn.
    """
    providers.start_worker(queue, burst, quiet, num_workers, not burst)


def frappes_where_armed(start_scheduler: Callable[[], Any]) -> Callable[[], Any]:
    """`bench schedule`, and the scheduler that Frappe's workers bring: in an armed bench it acts
    while it is its turn, else it refuses: a second scheduler would enqueue everything twice."""

    def replacement() -> Any:
        if routing.current() is not None:
            return start_scheduler()
        raise click.ClickException(
            "Celery runs this bench's jobs and its beat the schedule: start `frappe-celery beat` in"
            " place of `bench schedule` (in the Procfile, supervisor or systemd), or switch back"
            " with `frappe-celery disable`"
        )

    return replacement


def frappes_scheduler_runs() -> bool:
    """Whether a process of this machine is Frappe's scheduler: that one holds a lock on its file.

    It is `bench schedule`, or one that a worker pool brings.
    """
    try:
        with (settings.current().root / "config" / "scheduler_process").open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def is_schduler_process_running() -> bool:
    """Whether a process acts on the schedule: Frappe's scheduler or a beat, whose turn it is.

    Raises:
        BrokerUnreachable: whether a beat leads cannot be told.
    """
    routes = routing.read()
    if routes is not None and not routes.beat_acts:
        return frappes_scheduler_runs()
    return leadership(get_store()).leader is not None


def get_running_jobs_in_queue(queue: Any) -> list[Any]:
    """The jobs of a queue that run now; a Celery worker may run several at once."""
    jobs = queue.store.page(
        queue=queue.queue, statuses=[JobStatus.STARTED], length=queue.started_job_registry.count
    )
    queue.store.read_messages(jobs)
    if routing.current() is None:
        return list(jobs)
    of_rqs = RQWorker.all(connection=queue.store.client)
    running = (w.get_current_job() for w in of_rqs if queue.name in w.queue_names())
    return [*jobs, *(job for job in running if job is not None)]
