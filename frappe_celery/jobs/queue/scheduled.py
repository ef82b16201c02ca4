"""Runs that wait for their time, delayed by their caller or retried: a sorted set in Redis.

No process keeps them, so that none can lose them. A script hands each to its queue in the step that
takes it out of the set: whoever asks, and however many do, it is queued once.
"""

from __future__ import annotations

from datetime import datetime

from frappe_celery.jobs.job import Job
from frappe_celery.jobs.record.record import timestamp
from frappe_celery.jobs.record.store import JobStore

AT_ONCE = 100


def promote(store: JobStore, most: int = AT_ONCE) -> float | None:
    """Queue what is due by Redis's clock, and what limits keep back no more; returns the seconds
    until more is due, None: nothing waits.

    At most `most` at a time, so that Redis serves others in between.

    Raises:
        BrokerUnreachable.
    """
    queues = store.settings.queues if store.lane_prefix else ()
    words = (store.keys.prefix, most, store.lane_prefix, *queues)
    wait, *entered = store.run_script("promote", (store.keys.scheduled,), *words)
    if store.forwarder is not None and entered:
        store.forwarder.forward([run.decode() for run in entered])
    return float(wait) if wait else None


def due_at(job: Job) -> datetime | None:
    """When a scheduled job enters its queue, naive UTC like a Job's times; None: it does not."""
    store = job.store
    due = store.client.zscore(store.keys.scheduled, job.run_id)
    return None if due is None else timestamp(str(due).encode())
