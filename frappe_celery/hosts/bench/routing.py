"""The routes by which this process's jobs go, where the bench is armed (`switch.arm`)."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import get_store, routes
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.jobs.routes import Routes

_known: Routes | None = None
_here = threading.local()
"""Of a thread: Frappe's scheduler runs in one beside others, and RQ's workers fork."""


class NotItsTurn(Exception):
    """Beat has taken over the schedule while Frappe's scheduler enqueued."""


def current() -> Routes | None:
    """Those that were read last; None: the bench has none, and every job goes to Celery.

    Raises:
        BrokerUnreachable.
    """
    if _known is None and settings.current().is_armed:
        return read()
    return _known


def read() -> Routes | None:
    """Those that hold now.

    Raises:
        BrokerUnreachable.
        NotItsTurn: within `enqueueing_on_schedule`.
    """
    global _known
    if settings.current().is_armed:
        store = get_store()
        found = routes.read(store.client, store.keys.routes, store.url)
        if _known is None:
            with naming_the_server(store.url):
                store.client.hsetnx(store.keys.armed, socket.gethostname(), time.time())
        _known = found or _noted()
    if (
        getattr(_here, "frappes_scheduler_enqueues", False)
        and _known is not None
        and _known.beat_acts
    ):
        raise NotItsTurn
    return _known


def _noted() -> Routes | None:
    """What the file says now, since Redis has lost it."""
    note = Settings.load(settings.current().root).frappe_celery_routes
    return None if note is None else routes.of_note(note)


@contextmanager
def enqueueing_on_schedule() -> Iterator[None]:
    """In which nothing is enqueued once the schedule is beat's."""
    _here.frappes_scheduler_enqueues = True
    try:
        yield
    finally:
        _here.frappes_scheduler_enqueues = False
