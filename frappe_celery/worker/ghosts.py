"""Ghosts: runs that nobody runs any more are found, so that no id is kept out for ever.

A run that waits stands in its queue's list, in the set of scheduled ones, or in a worker's hands; a
run that was started is in a worker's hands. One that is recorded as such and is in none of these
places is a ghost: the broker evicted or lost a part of its data, or somebody edited it (a queue was
purged or deleted). While it counts as active, `deduplicate` and the schedule enqueue nothing of its
id. Its record still holds the whole job, so that one that waited waits again, first in its queue,
and one that was started is dealt with as one whose process died (`abandoned`). To be rid of jobs,
cancel or delete them (`celery purge` cancels).

Queues with more than `LONGEST` jobs are looked through once they are shorter; those in RabbitMQ,
which cannot be looked through, once nothing waits in them: then what counts as waiting does not.

A run that waits for other jobs is a ghost once one of these has ended or is gone, unnoticed.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.batches.batch_state import tend
from frappe_celery.jobs.lease import Lease
from frappe_celery.worker import abandoned

logger = logging.getLogger(__name__)

OLD_SECONDS = 60
"""How long ago a ghost got its status at least; by then the reaper has settled a dead worker's."""
LONGEST = 10_000
REASON = "it was started, and no worker has it any more: its broker lost a part of its data"


def follow_the_broker(store: JobStore) -> None:
    """Have what waited in RabbitMQ wait here, where Redis has become the broker.

    The other way `bootsteps.Forwarding` takes over what waits here.

    Raises:
        BrokerUnreachable.
    """
    now = b"redis" if store.forwarder is None else b"rabbitmq"
    before = store.client.getset(store.keys.broker, now)
    if before == b"rabbitmq" and store.forwarder is None:
        runs = settle(store, old=0)
        logger.info("%d jobs that waited in RabbitMQ wait in Redis", len(runs))


def sweep(store: JobStore, old: float = OLD_SECONDS, lease: int = 25) -> list[str]:
    """Settle ghosts; returns their runs. Nothing when somebody did within the last `lease` s.

    Raises:
        BrokerUnreachable.
    """
    forwarder = store.forwarder
    busy = (
        [q for q in store.settings.queues if forwarder.waiting(q)] if forwarder is not None else []
    )
    if not Lease(store, store.keys.sweeping, lease).take():
        return []
    return settle(store, old, busy)


def settle(store: JobStore, old: float, not_looked_through: Iterable[str] = ()) -> list[str]:
    """As `sweep`, whoever did it when."""
    keys = store.keys
    found = store.run_script(
        "settle_ghosts",
        (keys.consumers, keys.places, keys.scheduled, keys.suspects),
        *(keys.prefix, old, LONGEST, store.lane_prefix, *not_looked_through),
    )
    back, started, places, gone = (
        [text.decode(errors="replace") for text in texts] for texts in found
    )
    for run in back:
        logger.error("run %s waited in no queue: it waits again", run)
    for run in gone:
        logger.error("run %s has no record, which the Redis lost: it counts no more", run)
    for run in started:
        abandoned.end_or_repeat(store, run, REASON)
    forgotten = _forgotten(store, places, old)
    tend(store)
    return back + started + forgotten


def _forgotten(store: JobStore, places: Iterable[str], old: float) -> list[str]:
    """Settle runs that wait for jobs which have ended or are gone, unnoticed; returns them."""
    before, found = repr(store.now() - old), []
    for place in places:
        index, looked = (store.keys.index(place, JobStatus.DEFERRED),), 0
        while True:
            looked, *some = store.run_script("forgotten", index, store.keys.prefix, before, looked)
            found += [run.decode(errors="replace") for run in some]
            if not looked:
                break
    for run in found:
        logger.error("run %s waited for a job that has ended or is gone: it is settled", run)
    return found
