"""In an armed bench one of two schedulers acts, Frappe's or beat, and knows what the other did."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import wraps
from typing import Any

import frappe

from frappe_celery.hosts.bench import routing
from frappe_celery.hosts.bench.schedule import rows
from frappe_celery.jobs import get_store
from frappe_celery.jobs.connection import naming_the_server


def while_it_is_its_turn(enqueue: Callable[..., bool]) -> Callable[..., bool]:
    """`ScheduledJobType.enqueue`, which Desk's Execute forces and else Frappe's scheduler calls.

    What that acts on it notes where beat notes it: a run that has ended meanwhile is in no queue.
    """

    @wraps(enqueue)
    def replacement(self: Any, force: bool = False) -> bool:
        if force or routing.current() is None:
            return enqueue(self, force)
        if not self.is_event_due():
            return False
        store = get_store()
        acted = store.keys.due(frappe.local.site, self.name)
        try:
            with routing.enqueueing_on_schedule(), naming_the_server(store.url):
                routing.read()
                if float(store.client.get(acted) or 0) >= _due(self):
                    return False
                enqueued = enqueue(self, force)
                if enqueued:
                    store.client.set(acted, repr(time.time()))
                return enqueued
        except routing.NotItsTurn:
            return False

    return replacement


def _due(row: Any) -> float:
    """Seconds since the epoch."""
    now = datetime.now(timezone.utc)
    return rows.instant(row.get_next_execution(), rows.time_zone(), now).timestamp()
