"""Running a job again with other arguments; as it was: `Job.requeue`."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import uuid4

from frappe_celery.errors import InvalidJobOperation
from frappe_celery.jobs import codec
from frappe_celery.jobs.job import ENDED, Job
from frappe_celery.jobs.message import JobMessage


def message_of(job: Job) -> JobMessage:
    """Everything that the job was enqueued with; raises Refused when its record was altered."""
    return JobMessage.open(job.store.signer, job.store.message_of(job.run_id), job.run_id)


def requeue_with(job: Job, changes: Mapping[str, Any], without: Collection[str] = ()) -> Job:
    """Run an ended job again with some arguments changed or left out; the old record goes.

    Raises:
        InvalidJobOperation: it has not ended.
        CannotTravel: a changed argument cannot be carried.
    """
    if job.get_status() not in ENDED:
        raise InvalidJobOperation(f"job {job.id} is {job.status}: only an ended one is requeued")
    message, store = message_of(job), job.store
    kwargs = {**message.decoded_kwargs(), **changes}
    kwargs = {name: value for name, value in kwargs.items() if name not in without}
    allow_pickle = store.settings.frappe_celery_pickle
    again = store.enqueue(
        replace(
            message,
            run=str(uuid4()),
            enqueued_at=time.time(),
            kwargs=codec.encode_arguments(kwargs, allow_pickle),
        ),
        own_id=True,
    )
    job.delete()
    assert again is not None
    return again
