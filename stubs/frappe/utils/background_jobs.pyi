# made by: python -m tests.stubs
from frappe_celery.host import JobStatus as JobStatus
from frappe_celery.host import JobTimeoutException as JobTimeoutException
from frappe_standalone.jobs.rq_names import RQ_FAILED_JOBS_LIMIT as RQ_FAILED_JOBS_LIMIT
from frappe_standalone.jobs.rq_names import RQ_JOB_FAILURE_TTL as RQ_JOB_FAILURE_TTL
from frappe_standalone.jobs.rq_names import RQ_RESULTS_TTL as RQ_RESULTS_TTL
from frappe_celery.host import create_job_id as create_job_id
from collections.abc import Callable as _Callable
from typing import Any, Literal, overload
from frappe_celery.jobs import Job as _Job
from frappe_standalone.jobs.rq_names import execute_job as execute_job
from frappe_celery.host import get_job as get_job
from frappe_celery.host import get_job_status as get_job_status
from frappe_celery.host import get_jobs as get_jobs
from frappe_standalone.jobs.rq_names import get_queue as get_queue
from frappe_standalone.jobs.rq_names import get_queue_list as get_queue_list
from frappe_standalone.jobs.rq_names import get_queues as get_queues
from frappe_standalone.jobs.rq_names import get_queues_timeout as get_queues_timeout
from frappe_standalone.jobs.rq_names import get_redis_conn as get_redis_conn
from frappe_standalone.jobs.rq_names import get_redis_connection_without_auth as get_redis_connection_without_auth
from frappe_standalone.jobs.rq_names import get_workers as get_workers
from frappe_celery.host import is_job_enqueued as is_job_enqueued
from frappe_standalone.documents.documents import run_doc_method as run_doc_method
from frappe_standalone.jobs.rq_names import validate_queue as validate_queue

@overload
def enqueue(method: str | _Callable[..., Any], queue: str = "default", timeout: int | str | None = None, event: str | None = None,
    is_async: bool = True, job_name: str | None = None, now: Literal[False] = False, enqueue_after_commit: bool = False, *,
    on_success: _Callable[..., Any] | None = None, on_failure: _Callable[..., Any] | None = None,
    at_front: bool = False, job_id: str | None = None, **kwargs: Any) -> _Job | None: ...
@overload
def enqueue(method: str | _Callable[..., Any], queue: str = "default", timeout: int | str | None = None, event: str | None = None,
    is_async: bool = True, job_name: str | None = None, now: bool = ..., enqueue_after_commit: bool = False, *,
    on_success: _Callable[..., Any] | None = None, on_failure: _Callable[..., Any] | None = None,
    at_front: bool = False, job_id: str | None = None, **kwargs: Any) -> Any: ...
def enqueue_doc(doctype: str, name: str | None = None, method: str | None = None, queue: str = "default", timeout: int | str | None = 300, now: bool = False, **kwargs: Any) -> _Job | None: ...
