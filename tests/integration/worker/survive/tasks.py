"""The tasks that these tests enqueue; effects.txt shows what ran."""

from __future__ import annotations

TASKS = '''
import os
import signal
import time
from pathlib import Path

import frappe
from frappe_celery import Retry, options

from myapp.core import record, work


def told(job, connection, type, value, traceback):
    record(f"told {frappe.local.site} {frappe.session.user} {job.method} {type.__name__}")


def told_and_fails(job, connection, type, value, traceback):
    record("told")
    raise RuntimeError("the callback is broken")


def told_at_second(job, connection, type, value, traceback):
    record("is told")
    if record_count("is told") == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    record("told")


def results():
    """What those returned that it depends on."""
    from frappe_celery.jobs import current_job

    return sorted(job.result for job in current_job().fetch_dependencies())


def fail_until(until):
    if not Path(until).exists():
        raise ValueError("not yet")


def add(depth):
    """Add two to its batch, each of which adds two, down to some depth."""
    from frappe_celery import get_current_batch

    for _ in range(2 if depth else 0):
        get_current_batch().enqueue("myapp.survive.add", depth=depth - 1)
    record("added")


def die(text="dies"):
    record(text)
    os.kill(os.getpid(), signal.SIGKILL)


def die_once(text="job"):
    """Die the first time, return the second."""
    record(f"{text} started")
    if record_count(f"{text} started") == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    record(f"{text} ended")


def record_count(line):
    from myapp.core import EFFECTS

    return EFFECTS.read_text().splitlines().count(line)


@options(idempotent=True)
def declared_die_once(text="job"):
    die_once(text)


@options(idempotent=True, max_deliveries=2)
def declared_die(text="dies"):
    die(text)


def fail_times(times, text="attempt"):
    """Raise the first `times` times that it is called."""
    user = frappe.session.user
    record(f"{text} {frappe.local.site} {user}")
    if record_count(f"{text} {frappe.local.site} {user}") <= times:
        raise ValueError("not yet")
    return "at last"


def flaky():
    """A scheduled method that raises twice."""
    record("flaky")
    if record_count("flaky") <= 2:
        raise ValueError("not yet")


@options(retry=Retry(max=2, delay=0.2, jitter=0))
def declared_fail_times(times, text="attempt"):
    return fail_times(times, text)
'''
