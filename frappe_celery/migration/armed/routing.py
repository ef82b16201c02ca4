"""The routes by which this process's jobs go."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import get_store, routes
from frappe_celery.jobs.routes import EVERY, Routes, Rule

_known: Routes | None = None
_here = threading.local()
"""Of a thread: Frappe's scheduler runs in one beside others, and RQ's workers fork."""


class NotItsTurn(Exception):
    """Beat has taken over the schedule while Frappe's scheduler enqueued."""


def of_bench() -> Routes:
    """Those of the bench that the settings of now describe, armed or not.

    Raises:
        BrokerUnreachable.
    """
    config = settings.current()
    return read() if config.is_armed else everywhere(config.frappe_celery_enabled)


def current() -> Routes:
    """Those that were read last.

    Raises:
        BrokerUnreachable.
    """
    return read() if _known is None else _known


def read() -> Routes:
    """Those that hold now.

    Raises:
        BrokerUnreachable.
        NotItsTurn: within `enqueueing_on_schedule`.
    """
    global _known
    store = get_store()
    found = routes.read(store)
    if _known is None:
        store.client.hsetnx(store.keys.armed, socket.gethostname(), time.time())
    _known = found or _noted()
    if getattr(_here, "frappes_scheduler_enqueues", False) and _known.beat_acts:
        raise NotItsTurn
    return _known


def _noted() -> Routes:
    """What the file says now, since Redis has lost it; also of a bench that is armed no more."""
    config = Settings.load(settings.current().root)
    note = config.frappe_celery_routes
    return everywhere(config.frappe_celery_enabled) if note is None else routes.of_note(note)


def everywhere(to_celery: bool, number: int = 0) -> Routes:
    """Those by which all goes to one system."""
    return Routes(number, (Rule(EVERY, EVERY, to_celery),), beat_acts=to_celery)


@contextmanager
def enqueueing_on_schedule() -> Iterator[None]:
    """In which nothing is enqueued once the schedule is beat's."""
    _here.frappes_scheduler_enqueues = True
    try:
        yield
    finally:
        _here.frappes_scheduler_enqueues = False
