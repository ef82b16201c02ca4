"""What `frappe.utils.background_jobs` has beyond enqueueing: queues, workers, `execute_job`."""

from __future__ import annotations

from typing import Any

from frappe_celery.host import get_store, method_name, settings
from frappe_standalone.jobs import run
from frappe_standalone.jobs.rq_names import Queue, Worker
from frappe_standalone.site.context import ADMINISTRATOR

RQ_JOB_FAILURE_TTL = 7 * 24 * 60 * 60
RQ_FAILED_JOBS_LIMIT = 1000
RQ_RESULTS_TTL = 10 * 60


def execute_job(
    site: str,
    method: Any,
    event: str | None,
    job_name: str | None,
    kwargs: dict[str, Any],
    user: str | None = None,
    is_async: bool = True,
    retry: int = 0,
) -> Any:
    """Run a method as a worker would, here and now."""
    name = method_name(method)
    return run.execute(run.Run(site, user or ADMINISTRATOR, method, kwargs, name, job_name or name))


def get_queues_timeout() -> dict[str, int]:
    """Seconds that a job of each queue may run."""
    return {queue.name: queue.timeout for queue in settings.current().queues.values()}


def get_queue_list(queue_list: Any = None, build_queue_name: bool = False) -> list[str]:
    """The queues, or those named; raises UnknownQueue for one that there is not."""
    if not queue_list:
        return list(settings.current().queues)
    named = [queue_list] if isinstance(queue_list, str) else list(queue_list)
    return [settings.current().queue(name).name for name in named]


def validate_queue(queue: str, default_queue_list: Any = None) -> None:
    """Raises UnknownQueue for one that there is not."""
    settings.current().queue(queue)


def get_workers(queue: Any = None) -> list[Worker]:
    """The workers, as RQ's Worker.all() gives them."""
    return Worker.all(queue=queue)


def get_queue(qtype: str, is_async: bool = True) -> Queue:
    """A queue as RQ shows it; raises UnknownQueue for one that there is not."""
    return Queue(settings.current().queue(qtype).name)


def get_queues(connection: Any = None) -> list[Queue]:
    """All queues as RQ shows them."""
    return [get_queue(name) for name in settings.current().queues]


def get_redis_conn(username: str | None = None, password: str | None = None) -> Any:
    """The Redis client of the job store."""
    return get_store().client


get_redis_connection_without_auth = get_redis_conn
