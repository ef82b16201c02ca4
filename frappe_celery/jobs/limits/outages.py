"""Sites whose database is away: their jobs wait in their places, and now and then one looks again.

Only a job of which nothing has run is put back: its host raises `DatabaseAway` before the method's
first line. Who looks is a job like any other; as it begins, all others of its site go on.
A database that takes connections and is silent is seen by beat, which looks at every site.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from frappe_celery.errors import BrokerUnreachable, DatabaseAway, JobTimeoutException, NotRun
from frappe_celery.jobs import providers
from frappe_celery.jobs.job import Job, current_job
from frappe_celery.jobs.options import default_options
from frappe_celery.jobs.record.store import JobStore, get_store

logger = logging.getLogger(__name__)

LONGEST_PAUSE_SECONDS = 30
"""Between two looks; the first comes after a second, each other after twice as long."""
LONG_SECONDS = 600
"""From when it is said louder."""
SILENT = "it does not answer"
"""Stands for an error where there is none: it takes connections, and no more comes."""


@dataclass(frozen=True)
class Outage:
    """One site's; times in seconds since the epoch."""

    site: str
    since: float
    look: float
    """When a job looks again."""
    error: str
    """What the database, or its driver, said last."""
    waiting: int
    """How many jobs are set aside."""


def put_back(store: JobStore, job: Job, away: DatabaseAway) -> NotRun:
    """Have a job that could not begin wait again; returns what its run raises.

    Raises:
        BrokerUnreachable.
    """
    keys = (store.keys.record(job.run_id), store.keys.outages)
    words = (store.keys.prefix, store.lane_prefix, job.run_id, str(away), LONGEST_PAUSE_SECONDS)
    if store.run_script("put_back", keys, *words):
        logger.error(
            "the database of site %s is away: %s. Its jobs wait until it is back", job.site, away
        )
    return NotRun(f"{job.label}[{job.run_id}] waits: the database of site {job.site} is away")


def kept_out(
    exc: Exception, keeps_out: Callable[[Exception], bool], *, connects: bool = False
) -> DatabaseAway | None:
    """What a host raises for an error before the running job's first line: its site's database has
    kept it out; None: that is not the reason.

    A timeout is one where nothing else took the time (`connects`), and of a job that looks: who
    only looks and finds no end has found it silent.
    """
    if isinstance(exc, JobTimeoutException):
        job = current_job()
        looks = connects or (job is not None and job.looks)
        return DatabaseAway(SILENT) if looks else None
    return DatabaseAway(str(exc)) if keeps_out(exc) else None


def end(store: JobStore, site: str) -> bool:
    """The site's database is back: a job has begun there; whether it was away.

    Raises:
        BrokerUnreachable.
    """
    outage, pipe = _told(store).get(site), store.client.pipeline()
    pipe.hdel(store.keys.outages, site)
    pipe.zadd(store.keys.parkings, {f"away:{site}": 0}, xx=True)  # all that was set aside goes on
    if outage is None or not pipe.execute()[0]:
        return False
    seconds = time.time() - outage["since"]
    logger.warning("the database of site %s is back, after %.0f s", site, seconds)
    return True


def begin_silence(store: JobStore, site: str) -> None:
    """Set the jobs of a site aside whose database does not answer, until `end_silence` or one of
    them finds that it does; raises BrokerUnreachable."""
    now = store.now()
    outage = {"since": now, "look": now, "pause": 0.5, "error": SILENT, "silent": True}
    store.client.hsetnx(store.keys.outages, site, json.dumps(outage))


def end_silence(store: JobStore, site: str) -> bool:
    """It answers; whether that has ended it. Raises BrokerUnreachable."""
    told = _told(store).get(site)
    return bool(told and told.get("silent") and end(store, site))


def job_begins() -> None:
    """A host calls it where all that may find the database away is behind the running job."""
    job = current_job()
    if job is None:
        return
    most_memory = default_options(job.opened).max_memory
    if most_memory:
        providers.limit_memory(most_memory)
    if job.looks:
        job.looks = False
        with suppress(BrokerUnreachable):  # the next job looks then
            end(get_store(), job.site)


def outages(store: JobStore) -> list[Outage]:
    """Those of now, by site; raises BrokerUnreachable."""
    found = _told(store)
    kept = store.client.each("zcard", (f"{store.keys.prefix}kept:away:{site}" for site in found))
    return [
        Outage(site, its["since"], its["look"], str(its.get("error")), waiting)
        for (site, its), waiting in sorted(zip(found.items(), kept, strict=True))
    ]


def _told(store: JobStore) -> dict[str, Any]:
    return store.objects(store.keys.outages, "since", "look", "pause", must=True)
