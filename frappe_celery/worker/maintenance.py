"""What one worker does for all: the maintainer, which leads for as long as it gives signs of life.

Each of these steps has its interval and fails by itself. No lease may delay what is promised within
seconds: every worker settles what the dead held (`reaper`), hands out what is due and forwards
(`bootsteps`). Each also notices the broker's losses by what it remembers itself.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from frappe_celery.jobs import JobStore, get_store
from frappe_celery.jobs.lease import Lease
from frappe_celery.jobs.queue import shares
from frappe_celery.watch import minutes
from frappe_celery.worker import ghosts
from frappe_celery.worker.bootsteps import Repeated
from frappe_celery.worker.crew import crew_of

logger = logging.getLogger(__name__)

LEASE_SECONDS = 10.0
"""So long after the maintainer's last sign of life another worker is it."""


class Maintenance(Repeated):
    """A step that the maintainer alone does."""

    does: Callable[[JobStore], object]

    def tick(self, consumer: Any) -> None:
        store = get_store()
        lease = Lease(store, store.keys.maintainer, LEASE_SECONDS)
        worker = crew_of(consumer.controller).consumer
        if lease.keep(worker) or lease.take(worker):
            self.does(store)


class Expiry(Maintenance):
    """What is past its retention goes, and what scripts refused is told."""

    seconds = 2.0

    @staticmethod
    def does(store: JobStore) -> None:
        store.expire()
        while entry := store.client.lpop(store.keys.untold):
            logger.error("refused by a script: %s", entry.decode(errors="replace"))


class Shares(Maintenance):
    """What sites' configurations say of their shares holds without a restart."""

    seconds = 10.0
    does = staticmethod(shares.follow)


class History(Maintenance):
    """Each minute's numbers are noted for the pages."""

    seconds = 20.0
    does = staticmethod(minutes.note)


class Sweeper(Maintenance):
    """Jobs that are in nobody's hands are found (`ghosts`), and batches' members counted."""

    seconds = 30.0
    does = staticmethod(ghosts.sweep)


STEPS = (Expiry, Shares, History, Sweeper)
