"""In an armed bench one of two schedulers acts, Frappe's or beat, and knows what the other did."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from functools import wraps
from typing import Any
from zoneinfo import ZoneInfo

import click
import frappe
from frappe.utils import get_datetime

from frappe_bridge.armed import routing
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.hosts.bench import schedule
from frappe_celery.hosts.bench.rq_names import IS_14
from frappe_celery.jobs import get_store
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.schedule.cron import Cron
from frappe_celery.schedule.frappes_lock import lock_file
from frappe_celery.schedule.frequencies import cron_of, frequency_of
from frappe_celery.schedule.timing import BENCH_TICK_SECONDS, next_start

SECONDS_COUNTED = 3600


def starting_scheduler(start_scheduler: Callable[[], Any]) -> Callable[[], Any]:
    """`bench schedule`: Frappe's own, which enqueues nothing while beat acts, and says so here."""

    @wraps(start_scheduler)
    def replacement() -> Any:
        with suppress(BrokerUnreachable):
            if routing.read().beat_acts:
                click.echo(
                    "Beat has this bench's schedule: bench schedule enqueues nothing until it is"
                    " moved back (frappe-celery switch back, or frappe-celery disable --schedule)",
                    err=True,
                )
        if IS_14:  # whose scheduler takes no lock by itself
            lock = lock_file("a")
            with suppress(BlockingIOError):  # another such scheduler has it
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return start_scheduler()

    return replacement


def while_it_is_its_turn(enqueue: Callable[..., bool]) -> Callable[..., bool]:
    """`ScheduledJobType.enqueue`, which Desk's Execute forces and else Frappe's scheduler calls.

    What that acts on it notes where beat notes it: a run that has ended meanwhile is in no queue.
    """

    @wraps(enqueue)
    def replacement(self: Any, force: bool = False) -> bool:
        if force:
            return enqueue(self, force)
        if not self.is_event_due():
            return False
        store = get_store()
        acted = store.keys.due(frappe.local.site, self.name)
        try:
            with routing.enqueueing_on_schedule(), naming_the_server(store.url):
                routing.read()
                if not _is_due_after(self, float(store.client.get(acted) or 0)):
                    return False
                enqueued = enqueue(self, force)
                if enqueued:
                    store.client.set(acted, repr(_noted(self).timestamp()))
                return enqueued
        except routing.NotItsTurn:
            return False

    return replacement


def _noted(row: Any) -> datetime:
    now = datetime.now(timezone.utc)
    if not frequency_of(row.frequency).endswith(("_long", "_maintenance")):
        return now
    cron = Cron(cron_of(row.frequency, BENCH_TICK_SECONDS), schedule.time_zone())
    spread = row.frequency, frappe.local.site, row.name, schedule.delays_long()
    return acted_until(cron, now, *spread)


def acted_until(cron: Cron, instant: datetime, *spread: Any) -> datetime:
    """Up to which start of an entry a scheduler has acted that knows no spread, and acts at
    ``instant``: on the slot whose start, by `next_start`, may be still to come."""
    start = next_start(cron, instant, *spread)
    return start if start < cron.next_after(instant) else instant


def _is_due_after(row: Any, acted: float) -> bool:
    """Whether the row is due though somebody acted on it then, as a run does that has started.

    An hour away that counts no more: its run is lost, `last_execution` or a clock was set back.
    """
    now = time.time()
    if abs(now - acted) > SECONDS_COUNTED:
        return True
    known, zone = row.last_execution, ZoneInfo(schedule.time_zone())
    at = datetime.fromtimestamp(min(acted, now), zone).replace(tzinfo=None)
    if known and get_datetime(known) >= at:
        return True
    row.last_execution = at
    try:
        return bool(row.is_event_due())
    finally:
        row.last_execution = known
