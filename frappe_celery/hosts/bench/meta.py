"""What a job's code keeps with its job, under RQ's `job.meta`: in its record, signed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from frappe_celery.errors import Refused
from frappe_celery.jobs import codec

if TYPE_CHECKING:
    from frappe_celery.hosts.bench.job import Job

FIELD = PURPOSE = "meta"


def read(job: Job) -> dict[str, Any]:
    """What was last saved.

    Raises:
        Refused: it was not saved with this bench's key for this run.
    """
    sealed = job.store.client.hget(job.store.keys.record(job.run_id), FIELD)
    if sealed is None:
        return {}
    owner, encoded = json.loads(job.store.signer.open(PURPOSE, sealed))
    if owner != job.run_id:
        raise Refused(f"the record of run {job.run_id} holds the meta of run {owner}")
    meta: dict[str, Any] = codec.decode(encoded)
    return meta


def save(job: Job, meta: dict[str, Any]) -> None:
    """Keep it as long as the job's record.

    Raises:
        CannotTravel: something in it cannot be carried.
    """
    encoded = codec.encode_value(meta, job.store.settings.frappe_celery_pickle)
    sealed = job.store.signer.seal(PURPOSE, codec.dumps([job.run_id, encoded]).encode())
    job.store.run_script("write_meta", (job.store.keys.record(job.run_id),), FIELD, sealed)
