"""What code caught, so that nothing else tells of it: exceptions that Frappe only writes down, and
what of Frappe's finished jobs lacked.

Both are noted as they happen, so that doctor tells of them; `error_mail` mails the exceptions.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from frappe_celery.jobs import Job, JobStore, get_store
from frappe_celery.jobs.message import shown_method
from frappe_celery.jobs.record.record import shown_reason

logger = logging.getLogger(__name__)

KEPT = 1000
LONGEST = 300
LACKED_SECONDS = 86400.0
"""How long it is told of what a job lacked: nightly ones come once a day."""


@dataclass(frozen=True)
class Caught:
    """An exception of a scheduled method or a queued action; its job ends finished."""

    id: str
    run: str
    site: str
    method: str
    error: str


@dataclass(frozen=True)
class Lacking:
    """A method that met something which is not there."""

    site: str
    method: str
    thing: str


def note(job: Job | None, exception: BaseException, **_: Any) -> None:
    """Keep one; a receiver of the signal `error_mail.swallowed`."""
    if job is None:
        return
    store, method = get_store(), shown_method(job.method, job.job_name)
    error = f"{type(exception).__name__}: {exception}"[:LONGEST]
    hidden = store.signer.hide(error.encode(errors="backslashreplace")).decode()
    caught = Caught(job.id, job.run_id, job.site, method, hidden)
    _keep(store.client.pipeline(), store.keys.caught, [caught])


def note_lacked(job: Job) -> None:
    """Tell of it in the log, keep it in the job's record, and for doctor.

    Raises:
        BrokerUnreachable: to be called again.
    """
    store, method = get_store(), shown_method(job.method, job.job_name)
    pipe = store.client.pipeline()
    if store.client.exists(store.keys.record(job.run_id)):
        pipe.hset(store.keys.record(job.run_id), "lacked", json.dumps(job.lacked))
    pipe.zremrangebyscore(store.keys.lacking, "-inf", time.time() - LACKED_SECONDS)
    _keep(pipe, store.keys.lacking, (Lacking(job.site, method, thing) for thing in job.lacked))
    logger.warning(
        "%s[%s] finished without what only a Frappe site has; its code caught that: %s",
        *(method, job.run_id, ", ".join(job.lacked)),
    )


def _keep(pipe: Any, key: str, entries: Iterable[Caught | Lacking]) -> None:
    pipe.zadd(key, {json.dumps(asdict(entry)): time.time() for entry in entries})
    pipe.zremrangebyrank(key, 0, -KEPT - 1)
    pipe.execute()


def lately(store: JobStore, since: float, site: str | None) -> list[Caught]:
    """Those of a site since a time (seconds since the epoch), newest first; None: of every site."""
    found = [Caught(**values) for values in _since(store, store.keys.caught, since, site)]
    return [replace(one, error=shown_reason(one.error.encode(), store.signer)) for one in found]


def lacking_lately(store: JobStore, site: str | None) -> list[Lacking]:
    """Those of a site in the last day, newest first; None: of every site."""
    since = time.time() - LACKED_SECONDS
    return [Lacking(**values) for values in _since(store, store.keys.lacking, since, site)]


def _since(store: JobStore, key: str, since: float, site: str | None) -> list[dict[str, str]]:
    entries = map(json.loads, store.client.zrevrangebyscore(key, "+inf", since))
    return [values for values in entries if site in (None, values["site"])]
