"""What Frappe leaves in a job's process, since under RQ it ends with the job: here it runs on."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from frappe_celery.watch import telemetry

KEEPS_CLIENTS = "frappe.utils.telemetry.posthog"
"""The module that caches them; before, `frappe.utils.telemetry` was one module and cached none."""


@contextmanager
def tidied() -> Iterator[None]:
    """Around a job: Sentry's context and, from Frappe v16 on, the process' title are its own."""
    titles = sys.modules.get("setproctitle")
    title = titles and titles.getproctitle()
    try:
        with telemetry.own_scope():
            yield
    finally:
        if titles:
            titles.setproctitle(title)


def stop_posthog() -> None:
    """End the thread of Frappe's telemetry, where it makes a client for each job (until 15.55).

    Its `after_job` hook has flushed it. Later versions keep one client for the process, whose
    thread the next job's events wait for.
    """
    posthog = getattr(frappe.local, "posthog", None)
    if posthog is None or KEEPS_CLIENTS in sys.modules:
        return
    atexit.unregister(posthog.join)
    for consumer in posthog.consumers or ():
        consumer.pause()
