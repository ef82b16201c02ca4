"""Running an ended job again, as it was or with other arguments."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from frappe_celery.errors import InvalidJobOperation
from frappe_celery.jobs import codec
from frappe_celery.jobs.job import ENDED, Job
from frappe_celery.jobs.message import JobMessage


def message_of(job: Job) -> JobMessage:
    """Everything that the job was enqueued with; raises Refused when its record was altered."""
    return JobMessage.open(job.store.signer, job.store.message_of(job.run_id), job.run_id)


def requeue(
    job: Job, changes: Mapping[str, Any] | None = None, without: Collection[str] = ()
) -> Job:
    """Run an ended job again, as a new run under the same id; the old record goes.

    The new run's id follows from the old one's, so that it is queued once, whoever asks twice.

    Args:
        changes: arguments to change or add.
        without: arguments to leave out.

    Raises:
        InvalidJobOperation: it has not ended.
        CannotTravel: a changed argument cannot be carried.
    """
    if job.get_status() not in ENDED:
        raise InvalidJobOperation(f"job {job.id} is {job.status}: only an ended one is requeued")
    message = replace(
        message_of(job),
        run=str(uuid5(NAMESPACE_OID, job.run_id)),
        deliveries=1,
        enqueued_at=time.time(),
    )
    if changes or without:
        kwargs = {**message.decoded_kwargs(), **(changes or {})}
        kwargs = {name: value for name, value in kwargs.items() if name not in without}
        allow_pickle = job.store.settings.frappe_celery_pickle
        message = replace(message, kwargs=codec.encode_arguments(kwargs, allow_pickle))
    again = job.store.enqueue(message, own_id=True)
    job.delete()
    assert again is not None
    return again
