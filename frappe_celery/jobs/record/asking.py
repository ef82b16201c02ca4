"""What is asked of `enqueue.lua` beyond a plain job: one JSON object of texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frappe_celery.config.settings import Settings
from frappe_celery.jobs import codec
from frappe_celery.jobs.keys import Keys
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.record.due_claim import Claim


def asked(
    config: Settings,
    keys: Keys,
    message: JobMessage,
    *,
    own_id: bool = False,
    deduplicate: bool = False,
    front: int = 0,
    at_most: int = 0,
    claim: Claim | None = None,
    at: float | None = None,
    after: str | None = None,
    routes: int | None = None,
    transaction: str | None = None,
    outbox: bool = False,
    brings_back: bool = False,
    requeued: str | None = None,
    error: str | None = None,
    making: Mapping[str, Any] | None = None,
) -> str:
    """What is asked beyond a plain job, as the script takes it ('' : nothing).

    Args:
        own_id: the caller gave the job id, so that it can be asked for by it.
        deduplicate: do nothing while a run with this id waits or runs.
        front: 1: before all of its site that wait; more: only when more than that many do
            (v17); -1: into no queue, since the caller runs it itself.
        at_most: refuse when so many of its site wait already (`max_queued_jobs`); 0: never.
        claim: do nothing when this due time has been acted on.
        at: seconds since the epoch; it is scheduled until then (see `scheduled`); None: now.
        after: a run that must have left its process too before it, scheduled, enters its queue.
        routes: number of those that led here (see `bridge`); None: nothing leads elsewhere.
        transaction: the caller's, which has written: the job does not start before
            `transaction_ended`, or `frappe_celery_commit_wait` seconds have passed.
        outbox: its row is committed, and somebody else may enqueue it too: once, it is.
        brings_back: once it has finished, so does what its job's failure had canceled.
        requeued: the run, which has ended, that it follows; `error`: why that ended, hidden.
        making: of a batch that it is enqueued with: `title`, the `number` of its jobs and
            callbacks, and the `role` of a callback.
    """
    ttls = message.result_ttl, message.failure_ttl
    first_run, depends_on, batch = message.first_run or None, message.depends_on, message.batch
    given = (at, routes, message.limit_key, first_run, transaction, outbox or None, batch, *ttls)
    is_special = own_id or deduplicate or front or at_most or claim or depends_on
    if is_special or given != (None,) * len(given):
        return as_texts(
            own_id=own_id or None,
            deduplicate=deduplicate or None,
            front=front or None,
            most=at_most or None,
            at=at,
            after=after,
            result_ttl=message.result_ttl,
            failure_ttl=message.failure_ttl,
            routes=routes,
            limit_key=message.limit_key,
            first_run=first_run,
            transaction=transaction,
            commit_wait=transaction and config.commit_wait,
            depends_on=depends_on and codec.dumps(depends_on),
            canceled_ttl=_canceled_ttl(message, config) if message.waits else None,
            brings_back=brings_back or None,
            requeued=requeued,
            error=error,
            outbox=keys.outbox_marks(message.site) if outbox else None,
            batch=batch,
            **(making or {}),
            **(claim.asked if claim else {}),
        )
    return ""


def _canceled_ttl(message: JobMessage, config: Settings) -> int:
    """Seconds that a job is kept which another one's failure has canceled: as one that failed."""
    return config.rq_job_failure_ttl if message.failure_ttl is None else message.failure_ttl


def as_texts(**asked: object) -> str:
    """What is asked (not None) as a script reads it; '' : nothing is."""
    texts = {name: str(value) for name, value in asked.items() if value is not None}
    return codec.dumps(texts) if texts else ""
