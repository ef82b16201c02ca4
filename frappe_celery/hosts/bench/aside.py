"""What Frappe leaves in a job's process, since under RQ it ends with the job: here it runs on."""

from __future__ import annotations

import atexit
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import frappe

from frappe_celery.watch import telemetry


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
    """End the thread of Frappe's telemetry for this job; its `after_job` hook has flushed it."""
    posthog = getattr(frappe.local, "posthog", None)
    if posthog is None:
        return
    atexit.unregister(posthog.join)
    for consumer in posthog.consumers or ():
        consumer.pause()
