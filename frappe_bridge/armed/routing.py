"""The routes of an armed bench: by which this process's jobs go, and how they are changed."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from frappe_bridge import routes
from frappe_bridge.routes import EVERY, Routes, Rule
from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.hosts.bench import switch
from frappe_celery.jobs import get_store
from frappe_celery.schedule import changed_sites

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


# -- changing them, and arming a bench: keys of its configuration, and what lies in Redis


def arm() -> None:
    """Put the seam into every process that starts from now on, with routes that say in which system
    a job goes and which scheduler acts; at first those that it is now.

    Raises:
        ConfigError, BrokerUnreachable: it could not work here; nothing was changed.
    """
    config = settings.current()
    switch.refuse_where_it_cannot_work(config, switch.ARMED)
    note = config.frappe_celery_routes
    if note is None:
        store, is_on = get_store(), config.frappe_celery_enabled
        note = routes.noted(routes.change(store, lambda old: everywhere(is_on, routes.after(old))))
        store.client.delete(store.keys.armed)
    switch.switch_on({switch.KEY: True, switch.ROUTES: note})
    if not config.is_armed:
        os.utime(switch.installed(".pth"))  # those that began before know of no routes


def change_routes(following: Callable[[Routes], Routes]) -> None:
    """Have jobs, or the schedule, go elsewhere from now on, in each process of an armed bench.

    Raises:
        BrokerUnreachable, ConfigError: what holds is in Redis, but could not be noted in the file.
    """
    config = settings.current()
    noted_before = routes.of_note(config.frappe_celery_routes or {})
    new = routes.change(get_store(), lambda old: following(old or noted_before))
    for site in config.sites():
        changed_sites.mark(site)
    with switch.writing("note the routes"):
        switch.edit(lambda values: values.update({switch.ROUTES: routes.noted(new)}))


def forget_routes() -> None:
    """Take the routes away once all leads to Celery: no process that starts reads them."""
    with switch.writing("take the routes away"):
        switch.edit(lambda values: values.pop(switch.ROUTES, None))
