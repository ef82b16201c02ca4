"""Failures of scheduled methods and queued actions, which Frappe catches: their jobs end finished.

They are noted as they happen, so that doctor tells of them; `error_mail` mails them.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from frappe_celery.jobs import Job, JobStore, get_store
from frappe_celery.jobs.message import shown_method
from frappe_celery.jobs.record.record import shown_reason

KEPT = 1000
LONGEST = 300


@dataclass(frozen=True)
class Caught:
    """An exception that a job's code caught, and the framework never saw."""

    id: str
    run: str
    site: str
    method: str
    error: str


def note(job: Job | None, exception: BaseException, **_: Any) -> None:
    """Keep one; a receiver of the signal `error_mail.swallowed`."""
    if job is None:
        return
    method = shown_method(job.method, job.job_name)
    error = f"{type(exception).__name__}: {exception}"[:LONGEST]
    store = get_store()
    hidden = store.signer.hide(error.encode(errors="backslashreplace")).decode()
    caught = Caught(job.id, job.run_id, job.site, method, hidden)
    pipe = store.client.pipeline()
    pipe.zadd(store.keys.caught, {json.dumps(asdict(caught)): time.time()})
    pipe.zremrangebyrank(store.keys.caught, 0, -KEPT - 1)
    pipe.execute()


def lately(store: JobStore, since: float, site: str | None) -> list[Caught]:
    """Those since a time (seconds since the epoch), newest first."""
    entries = store.client.zrevrangebyscore(store.keys.caught, "+inf", since)
    found = [Caught(**json.loads(entry)) for entry in entries]
    found = [replace(one, error=shown_reason(one.error.encode(), store.signer)) for one in found]
    return [caught for caught in found if site in (None, caught.site)]
