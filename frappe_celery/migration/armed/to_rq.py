"""Enqueueing in RQ while a job's route leads there, in one step with a look at the routes."""

from __future__ import annotations

from typing import Any

from redis import WatchError
from redis.exceptions import ConnectionError as RedisConnectionError
from rq.exceptions import NoSuchJobError
from rq.job import Job as RQJob
from rq.queue import Queue as RQQueue

from frappe_celery.jobs import JobStore
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.job import ACTIVE
from frappe_celery.jobs.routes import Rerouted, Routes


def job_key(job_id: str) -> str:
    """The hash in which RQ keeps a job."""
    return f"{RQJob.redis_job_namespace_prefix}{job_id}"


def enqueue(
    store: JobStore, queue: str, routes: Routes, deduplicate: bool, call: dict[str, Any]
) -> Any:
    """What RQ's own `enqueue_call` makes of it; None for a duplicate.

    Args:
        queue: RQ's name of it.
        call: the arguments of `enqueue_call`.

    Raises:
        Rerouted: it has to be looked at again: other routes hold now, or the id was used.
        BrokerUnreachable: it may have been enqueued, where the answer was lost.
    """
    client, job_id = store.client, call.get("job_id") or ""
    with naming_the_server(store.url), client.pipeline() as pipe:
        pipe.watch(store.keys.routes, store.keys.ids(job_id), job_key(job_id))
        if int(pipe.hget(store.keys.routes, "number") or 0) != routes.number:
            raise Rerouted(job_id)
        theirs = _of_rqs(client, job_id) if deduplicate else None
        if deduplicate and (_is_active(theirs) or store.is_active(job_id)):
            return None
        pipe.multi()
        pipe.multi = _begun  # which RQ calls too
        if theirs is not None:
            theirs.delete(pipeline=pipe)  # as Frappe does with one that is over
        job = RQQueue(queue, connection=client).enqueue_call(**call, pipeline=pipe)
        try:
            pipe.execute()
        except WatchError as exc:
            if isinstance(exc.__context__, RedisConnectionError):  # it may be there: not again
                raise exc.__context__ from None
            raise Rerouted(job_id) from exc
        return job


def _begun() -> None:
    """Nothing: the transaction has begun before RQ would begin it."""


def _of_rqs(client: Any, job_id: str) -> Any:
    try:
        return RQJob.fetch(job_id, connection=client)
    except NoSuchJobError:
        return None


def _is_active(job: Any) -> bool:
    return job is not None and job.get_status(refresh=False) in ACTIVE
