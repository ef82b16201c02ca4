"""What a worker's parent imports before it forks, so that a job imports next to nothing.

A child is forked to open a site as a job does and to tell which modules that took; the parent then
imports these by name. It opens no site itself: no connection, cache or thread (Frappe v16 starts
one with its cache) is there to be forked, and no list of modules is to be kept for each version.
"""

from __future__ import annotations

import importlib
import logging
import sys

import frappe

from frappe_celery.config import settings
from frappe_celery.hosts.bench.loggers import Steady
from frappe_celery.jobs.forked import Forked

logger = logging.getLogger(__name__)

NO_METHOD = "a_method_that_nothing_hooks"
"""Run on a document that is not saved, it brings in what nearly every job that saves one takes:
25 MB, which else each child would have for itself."""
OPEN_SECONDS = 60.0
"""How long that child may take: a database can take connections and be silent."""


def import_all() -> None:
    """Import what opening a site takes, and the apps with their hooks.

    What else a method takes is imported by the child that runs it first: all that Frappe alone
    schedules is 80 MB. A bench whose workers have many children shares more by naming modules in
    `imports` of its celeryconfig.py.
    """
    logging.setLoggerClass(Steady)
    fork = Forked(_imported_by_opening_a_site)
    modules = fork.answer([], OPEN_SECONDS)
    if modules is None:
        logger.warning(
            "no site was open after %g s, as where a database takes connections and does not"
            " answer: each process imports by itself what its jobs take, and has more memory",
            OPEN_SECONDS,
        )
        fork.kill()
    for module in modules or ():
        import_quietly(module)
    for app in settings.current().app_names:
        import_quietly(f"{app}.hooks")


def import_quietly(name: str) -> None:
    """A module that cannot be is a line in the log: its jobs will say so, the others must run."""
    try:
        importlib.import_module(name)
    except (Exception, SystemExit) as exc:
        logger.error("%s cannot be imported: %s: %s", name, type(exc).__name__, exc)


def _imported_by_opening_a_site() -> list[str]:
    """Modules that a job imports before its method is called, in that order."""
    before = set(sys.modules)
    for site in settings.current().sites_to_try():
        try:
            frappe.init(site)
            frappe.connect()
            for hook in (*frappe.get_hooks("before_job"), *frappe.get_hooks("after_job")):
                frappe.get_attr(hook)
            frappe.new_doc("ToDo").run_method(NO_METHOD)
            break
        except Exception as exc:
            logger.warning("site %s cannot be opened: %s: %s", site, type(exc).__name__, exc)
        finally:
            frappe.destroy()
    return [name for name in sys.modules if name not in before]
