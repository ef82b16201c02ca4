"""The routes by which this process's jobs go, where the bench is armed (`switch.arm`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from frappe_celery.config import settings
from frappe_celery.jobs import get_store, routes
from frappe_celery.jobs.routes import Routes

_known: Routes | None = None
_frappes_scheduler_enqueues = False


class NotItsTurn(Exception):
    """Beat has taken over the schedule while Frappe's scheduler enqueued."""


def current() -> Routes | None:
    """Those that were read last; None: the bench has none, and every job goes to Celery.

    Raises:
        BrokerUnreachable.
    """
    if _known is None and settings.current().frappe_celery_routes is not None:
        return read()
    return _known


def read() -> Routes | None:
    """Those that hold now.

    Raises:
        BrokerUnreachable.
        NotItsTurn: within `enqueueing_on_schedule`.
    """
    global _known
    store, note = get_store(), settings.current().frappe_celery_routes
    if note is not None:
        found = routes.read(store.client, store.keys.routes, store.url)
        _known = found or routes.of_note(note)
    if _frappes_scheduler_enqueues and _known is not None and _known.beat_acts:
        raise NotItsTurn
    return _known


@contextmanager
def enqueueing_on_schedule() -> Iterator[None]:
    """In which nothing is enqueued once the schedule is beat's."""
    global _frappes_scheduler_enqueues
    _frappes_scheduler_enqueues = True
    try:
        yield
    finally:
        _frappes_scheduler_enqueues = False
