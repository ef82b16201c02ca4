"""Ghosts: ids that count as waiting or running, and so keep others of that id out, without a job.

A run that waits stands in its queue's list or in RabbitMQ, is kept back by a limit, or is in a
worker's hands; one that runs is in a worker's hands. One that is nowhere was lost by the broker, or
by somebody who edited its data.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.watch.doctor.report import Section, counted
from frappe_celery.watch.snapshot import Snapshot, grouped

YOUNG_SECONDS = 30.0
"""Twice what the reaper takes to fail a job whose worker died."""
LOOKED_AT = 5_000
"""Queues up to this length are compared run by run; of longer ones only the numbers."""
NAMED = 20


def check(section: Section, store: JobStore, snapshot: Snapshot, site: str | None) -> None:
    """Each ghost by its id, up to some; in long queues only how many there are."""
    runs, more = _suspects(store, snapshot)
    jobs = list(store.read(runs))
    ghosts = [job for job in jobs if job and site in (None, job.site) and _is_ghost(job, snapshot)]
    for job in ghosts[:NAMED]:
        section.row(id=job.id, queue=job.queue, status=job.status.value)
    if ghosts:
        section.warn(
            f"{counted(len(ghosts), 'ghost')}: counted as waiting or running, but in no queue and"
            " in no worker's hands; with deduplicate, nothing of such an id is enqueued",
            "forget them: frappe-celery jobs delete ID",
        )
    lost = more + sum(job is None for job in jobs)
    if lost and site is None:
        section.warn(
            f"{counted(lost, 'job')} counted without a record, or in no queue: the Redis lost a"
            " part of its data",
            "see `broker`",
        )


def _suspects(store: JobStore, snapshot: Snapshot) -> tuple[list[str], int]:
    queues = []
    busy = [place for place in snapshot.places if place.queued or place.started]
    for queue, places in grouped(busy, "queue").items():
        names = json.dumps([place.name for place in places])
        queues += [queue, names, "1" if _is_hidden(store, queue) else ""]
    keys = store.keys
    found = store.run_script("ghosts", (keys.consumers,), keys.prefix, LOOKED_AT, *queues)
    runs, more = json.loads(found)
    return list(runs or []), int(more)


def _is_hidden(store: JobStore, queue: str) -> bool:
    """Whether some of a queue may wait in RabbitMQ, which shows nobody what it has."""
    try:
        return store.outbox is not None and store.outbox.waiting(queue) > 0
    except BrokerUnreachable:
        return True


def _is_ghost(job: Job, snapshot: Snapshot) -> bool:
    since = job.started_at if job.status == JobStatus.STARTED else job.enqueued_at
    age = snapshot.at - (since or datetime.min).replace(tzinfo=timezone.utc).timestamp()
    return job.status in (JobStatus.QUEUED, JobStatus.STARTED) and age > YOUNG_SECONDS
