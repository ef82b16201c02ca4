"""A step of the worker that finds ghosts, so that no id is kept out for ever by a job that is gone.

A run that waits stands in its queue's list, in the set of scheduled ones, or in a worker's hands; a
run that was started is in a worker's hands. One that is recorded as such and is in none of these
places is a ghost: the broker evicted or lost a part of its data, or somebody edited it (a queue was
purged or deleted). While it counts as active, `deduplicate` and the schedule enqueue nothing of its
id. Its record still holds the whole job, so that one that waited waits again, first in its queue,
and one that was started is dealt with as one whose process died (`abandoned`). To be rid of jobs,
cancel or delete them (`celery purge` cancels).

Queues with more than `LONGEST` jobs are looked through once they are shorter; those in RabbitMQ,
which cannot be looked through, once nothing waits in them: then what counts as waiting does not.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable
from contextlib import suppress
from typing import Any

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.lease import Lease
from frappe_celery.worker import abandoned
from frappe_celery.worker.bootsteps import Repeated

logger = logging.getLogger(__name__)

EVERY_SECONDS = 30
OLD_SECONDS = 60
"""How long ago a ghost got its status at least; by then the reaper has settled a dead worker's."""
LONGEST = 10_000
REASON = "it was started, and no worker has it any more: its broker lost a part of its data"


class Sweeper(Repeated):
    """Every worker looks now and then; a lease in Redis lets one do the work."""

    seconds = EVERY_SECONDS

    def start(self, consumer: Any) -> None:
        super().start(consumer)
        with suppress(BrokerUnreachable):
            follow_the_broker(get_store(), consumer.app.amqp.queues.consume_from)

    def tick(self, consumer: Any) -> None:
        sweep(get_store(), consumer.app.amqp.queues.consume_from)


def follow_the_broker(store: JobStore, queues: Collection[str]) -> None:
    """Have what waited in RabbitMQ wait here, where Redis has become the broker.

    The other way `rabbitmq_steps.Forwarder` takes over what waits here.

    Raises:
        BrokerUnreachable.
    """
    now = b"redis" if store.outbox is None else b"rabbitmq"
    before = store.client.getset(store.keys.broker, now)
    if before == b"rabbitmq" and store.outbox is None:
        runs = settle(store, queues, old=0)
        logger.info("%d jobs that waited in RabbitMQ wait in Redis", len(runs))


def sweep(
    store: JobStore, queues: Collection[str] = (), old: float = OLD_SECONDS, lease: int = 25
) -> list[str]:
    """Settle ghosts; returns their runs. Nothing when somebody did within the last `lease` s.

    `queues` are those that the calling worker consumes (see `abandoned.end_or_repeat`).

    Raises:
        BrokerUnreachable.
    """
    outbox = store.outbox
    busy = [q for q in store.settings.queues if outbox.waiting(q)] if outbox is not None else []
    if not Lease(store, store.keys.sweeping, lease).take():
        return []
    return settle(store, queues, old, busy)


def settle(
    store: JobStore, queues: Collection[str], old: float, not_looked_through: Iterable[str] = ()
) -> list[str]:
    """As `sweep`, whoever did it when."""
    keys = store.keys
    found = store.run_script(
        "sweep",
        (keys.consumers, keys.places, keys.scheduled, keys.suspects),
        *(keys.prefix, old, LONGEST, store.lined, *not_looked_through),
    )
    runs = [run.decode() for run in found]
    back, started = runs[: runs.index("")], runs[runs.index("") + 1 :]
    for run in back:
        logger.error("run %s waited in no queue: it waits again", run)
    for run in started:
        abandoned.end_or_repeat(store, run, REASON, queues=queues)
    return back + started
