"""What of Frappe's finished jobs lacked: their code caught the error, and nothing else tells."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass

from frappe_celery.jobs import Job, JobStore, get_store
from frappe_celery.watch.job_display import label

logger = logging.getLogger(__name__)

SECONDS = 86400.0
"""How long it is told of: nightly jobs come once a day."""
KEPT = 1000


@dataclass(frozen=True)
class Lacking:
    """A method that met something which is not there."""

    site: str
    method: str
    thing: str


def note(job: Job) -> None:
    """Tell of it in the log, keep it in the job's record, and for doctor.

    Raises:
        BrokerUnreachable: to be called again.
    """
    store, method, now = get_store(), label(job), time.time()
    entries = [Lacking(job.site, method, thing) for thing in job.lacked]
    pipe = store.client.pipeline()
    if store.client.exists(store.keys.record(job.run_id)):
        pipe.hset(store.keys.record(job.run_id), "lacked", json.dumps(job.lacked))
    pipe.zadd(store.keys.lacking, {json.dumps(asdict(entry)): now for entry in entries})
    pipe.zremrangebyscore(store.keys.lacking, "-inf", now - SECONDS)
    pipe.zremrangebyrank(store.keys.lacking, 0, -KEPT - 1)
    pipe.execute()
    logger.warning(
        "%s[%s] finished without what only a Frappe site has; its code caught that: %s",
        *(method, job.run_id, ", ".join(job.lacked)),
    )


def lately(store: JobStore, site: str | None) -> list[Lacking]:
    """Those of a site in the last day, newest first; None: of every site."""
    since = time.time() - SECONDS
    entries = store.client.zrevrangebyscore(store.keys.lacking, "+inf", since)
    found = [Lacking(**json.loads(entry)) for entry in entries]
    return [each for each in found if site in (None, each.site)]
