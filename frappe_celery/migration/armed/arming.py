"""Arming a bench, and changing its routes: keys of its configuration, and what lies in Redis."""

from __future__ import annotations

import os
from collections.abc import Callable

from frappe_celery.config import settings
from frappe_celery.hosts.bench import switch
from frappe_celery.jobs import get_store, routes
from frappe_celery.jobs.routes import Routes
from frappe_celery.migration.armed.routing import everywhere
from frappe_celery.schedule import changed_sites


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
