"""Bench's processes in an armed bench: `bench worker`, `bench worker-pool` and `bench schedule` are
Frappe's own and serve RQ; `frappe-celery worker` and `beat` serve Celery."""

from __future__ import annotations

import inspect
import multiprocessing
from collections.abc import Callable, Collection, Iterable
from types import FunctionType
from typing import Any

from rq.job import Job as RQJob
from rq.queue import Queue as RQQueue
from rq.worker import Worker as RQWorker

from frappe_bridge.armed import routing
from frappe_celery.hosts.bench import processes
from frappe_celery.hosts.bench.processes import Worker
from frappe_celery.hosts.bench.rq_names import own_name
from frappe_celery.jobs import get_store
from frappe_celery.schedule.frappes_lock import frappes_scheduler_runs


class ArmedWorker(Worker):
    """In place of `rq.Worker`: it lists those of both systems."""

    @classmethod
    def all(
        cls, connection: Any = None, job_class: Any = None, queue_class: Any = None,
        queue: Any = None, serializer: Any = None,
    ) -> list[Any]:  # fmt: skip
        """Every process that runs jobs, or those of a queue: each of RQ's workers is one."""
        return [*super().all(queue=queue), *_of_rqs(queue)]


def _of_rqs(queue: Any = None) -> list[Any]:
    workers = RQWorker.all(connection=get_store().client)
    return [w for w in workers if queue is None or queue.name in w.queue_names()]


def starting_on_rq(frappes: Callable[..., Any]) -> Callable[..., Any]:
    """`start_worker` or `start_worker_pool`, as it was."""

    def replacement(*args: Any, **kwargs: Any) -> Any:
        multiprocessing.set_start_method("fork", force=True)  # RQ's classes cannot be pickled
        return on_rq(frappes)(*args, **kwargs)

    return replacement


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


def get_running_jobs_in_queue(queue: Any) -> list[Any]:
    """The jobs of a queue that run now, in either system."""
    running = (worker.get_current_job() for worker in _of_rqs(queue))
    return [*processes.get_running_jobs_in_queue(queue), *filter(None, running)]


def is_schduler_process_running() -> bool:
    """Whether a process acts on the schedule: Frappe's scheduler or a beat, whose turn it is.

    Raises:
        BrokerUnreachable: whether a beat leads cannot be told.
    """
    return a_scheduler_runs(celerys=routing.read().beat_acts)


def a_scheduler_runs(*, celerys: bool) -> bool:
    """Whether a beat leads, or a process of this machine is Frappe's scheduler.

    Raises:
        BrokerUnreachable.
    """
    return processes.is_schduler_process_running() if celerys else frappes_scheduler_runs()


def unserved(queues: Iterable[str], *, by_celery: bool) -> dict[str, str]:
    """Queues of the bench from which no worker of Celery's, or of RQ's, takes jobs, as sentences.

    Raises:
        BrokerUnreachable.
    """
    served: Collection[str | None]
    if by_celery:
        served, whose = get_store().workers.served(), "Celery's"
    else:
        served = {own_name(name) for worker in _of_rqs() for name in worker.queue_names()}
        whose = "RQ's"
    return {q: f"no worker of {whose} serves queue {q}" for q in queues if q not in served}
