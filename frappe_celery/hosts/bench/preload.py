"""What a worker's parent imports before it forks, so that a job imports next to nothing.

A child is forked to open a site as a job does and to tell which modules that took; the parent then
imports these by name. It opens no site itself: no connection, cache or thread (Frappe v16 starts
one with its cache) is there to be forked, and no list of modules is to be kept for each version.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
from collections.abc import Iterable

import frappe

from frappe_celery import settings

logger = logging.getLogger(__name__)

SITES_TRIED = 5
"""How many sites are tried when the first ones cannot be opened."""


def import_all() -> None:
    """Import what opening a site takes, then the apps' hooks and the modules of their schedules."""
    for module in _modules_of_a_job():
        import_quietly(module)
    for app in settings.current().app_names:
        hooks = import_quietly(f"{app}.hooks")
        for method in _scheduled(getattr(hooks, "scheduler_events", None)):
            import_quietly(method.rpartition(".")[0])


def import_quietly(name: str) -> object:
    """A module, or None with a line in the log: its jobs will say so, the others must run."""
    try:
        return importlib.import_module(name)
    except Exception as exc:
        logger.error("%s cannot be imported: %s: %s", name, type(exc).__name__, exc)
        return None


def _modules_of_a_job() -> list[str]:
    """Modules that a job imports before its method is called, in that order."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with os.fdopen(writing, "w") as answer:
            try:
                json.dump(_imported_by_opening_a_site(), answer)
            finally:
                answer.flush()
                os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        text = answer.read()
    os.waitpid(child, 0)
    modules: list[str] = json.loads(text or "[]")
    return modules


def _imported_by_opening_a_site() -> list[str]:
    before = set(sys.modules)
    for site in settings.current().sites()[:SITES_TRIED]:
        try:
            frappe.init(site)
            frappe.connect()
            for hook in (*frappe.get_hooks("before_job"), *frappe.get_hooks("after_job")):
                frappe.get_attr(hook)
            break
        except Exception as exc:
            logger.warning("site %s cannot be opened: %s: %s", site, type(exc).__name__, exc)
        finally:
            frappe.destroy()
    return [name for name in sys.modules if name not in before]


def _scheduled(events: object) -> Iterable[str]:
    """The dotted paths in `scheduler_events`."""
    if isinstance(events, str):
        yield from [events] if "." in events else []
    elif isinstance(events, dict):
        for value in events.values():
            yield from _scheduled(value)
    elif isinstance(events, (list, tuple)):
        for value in events:
            yield from _scheduled(value)
