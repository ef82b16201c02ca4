"""Enqueueing a run of a schedule entry, as Frappe's `ScheduledJobType.enqueue` does."""

from __future__ import annotations

from datetime import datetime

from frappe_celery.config import settings
from frappe_celery.enqueue_shim import create_job_id
from frappe_celery.jobs import Job, get_store, hosts
from frappe_celery.jobs.hosts import ADMINISTRATOR, ScheduleRow
from frappe_celery.jobs.message import RUN_SCHEDULED_JOB
from frappe_celery.jobs.new_message import new_message
from frappe_celery.jobs.queue import publish
from frappe_celery.jobs.record.due_claim import AHEAD_SECONDS, Claim


def enqueue_scheduled(
    row: ScheduleRow, claim: Claim | None = None, user: str = ADMINISTRATOR
) -> Job | None:
    """Have a worker run a schedule entry's method (as Administrator).

    Args:
        row: the entry.
        claim: on the due time that is acted on, made in the step that enqueues. None: run it now,
            whatever the schedule says (Frappe's Execute button).
        user: whom it runs as.

    Returns:
        The job; None when a run of the entry waits or runs already, so that this one is left out.

    Raises:
        AlreadyActedOn: another scheduler acted on this due time or a later one.
        Deposed: the lease is another's now.
        UnknownQueue: the row's queue is none of the bench's.
        BrokerUnreachable: nothing was enqueued or claimed.
    """
    own_id, kwargs = hosts.current().scheduled_run(row)
    message = new_message(
        settings.current(),
        site=row.site,
        user=user,
        method=RUN_SCHEDULED_JOB,
        queue=row.queue,
        kwargs=kwargs,
        id=create_job_id(own_id, row.site),
        name=row.method,
    )
    return publish.publish(message, deduplicate=True, claim=claim)


def claim_of(
    row: ScheduleRow, due: datetime, fence: int, since: datetime | None, now: datetime | None = None
) -> Claim:
    """The claim on a due time of an entry.

    Args:
        due: aware, as `since` and `now`.
        fence: of the lease under which the due time is acted on (see `leadership`); 0: of none.
        since: the first due time that was missed, where `due` stands for several.
    """
    key = get_store().keys.due(row.site, row.name)
    missed = since.timestamp() if since else None
    latest = now.timestamp() + AHEAD_SECONDS if now else None
    return Claim(key, due.timestamp(), fence or None, missed, row.method, latest)
