"""The app that the chaos runs: each job leaves its lines in a ledger outside the system under test.

A line is one `O_APPEND` write followed by fsync: whole or not there, whatever is killed.
"""

from __future__ import annotations

TASKS = '''
"""`job` is what is enqueued; the schedule runs the methods at the end."""

import os
import time
from pathlib import Path

from frappe_celery import get_current_batch
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import current_job

LEDGER = Path(__file__).parents[1] / "ledger"


def note(*words, where="jobs"):
    line = " ".join(map(str, words)) + "\\n"
    file = os.open(LEDGER / where, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(file, line.encode())
        os.fsync(file)
    finally:
        os.close(file)


def begin(token):
    note("start", token, current_job().run_id, os.getpid(), os.getppid(), time.time())


def job(token, seconds, fails):
    begin(token)
    time.sleep(seconds)
    if fails:
        note("raise", token, current_job().run_id, os.getpid(), os.getppid(), time.time())
        raise ValueError("broken on purpose")
    note("end", token, current_job().run_id, os.getpid(), os.getppid(), time.time())


def limited(token, seconds, fails):
    job(token, seconds, fails)


def rated(token, seconds, fails):
    job(token, seconds, fails)


def adding(token, seconds, fails):
    """Adds a job to its batch, also while the broker is away."""
    begin(token)
    added = f"{token}+"
    note("try", added, "added", 0, where="enqueued-added")
    try:
        new = add(added)
    except Exception as exc:
        note("raised", added, type(exc).__name__, where="enqueued-added")
        note("raise", token, current_job().run_id, os.getpid(), os.getppid(), time.time())
        raise
    note("ack", added, new.run_id if new else "-", where="enqueued-added")
    time.sleep(seconds)
    note("end", token, current_job().run_id, os.getpid(), os.getppid(), time.time())


def add(token):
    words = {"token": token, "seconds": 0.2, "fails": False}
    while True:
        try:
            return get_current_batch().enqueue(
                "myapp.chaos.job", job_id=token, deduplicate=True, **words
            )
        except BrokerUnreachable:
            time.sleep(1)


def scheduled(seconds=0.0):
    run = current_job().run_id
    begin(run)
    time.sleep(seconds)
    note("end", run, run, os.getpid(), os.getppid(), time.time())


def slow():
    scheduled(1.3)


def one():
    scheduled()


def two():
    scheduled()


def three():
    scheduled(0.2)


def five():
    scheduled()
'''

AT_ONCE, PER_MINUTE = 2, 40
LIMITS = {
    "method:myapp.chaos.limited": {"running": AT_ONCE},
    "method:myapp.chaos.rated": {"per_minute": PER_MINUTE},
    "site:*": {"running": 50},
}
SITES = {"site1.localhost": {}, "site2.localhost": {"frappe_celery_share": 3}}
"""And their configuration; the schedule is the first one's."""
PAUSED = ("queue:long", "site:site2.localhost", "method:myapp.chaos.job", "queue:default")
"""What is paused for a while."""

PERIODS = {"slow": 1, "one": 1, "two": 2, "three": 3, "five": 5}
"""Seconds between the due times of the schedule's methods; each divides a minute, so that a due
time is a multiple of it."""

_CRONS: dict[str, list[str]] = {f"* * * * * */{period}": [] for period in PERIODS.values()}
for _method, _period in PERIODS.items():
    _CRONS[f"* * * * * */{_period}"].append(f"myapp.chaos.{_method}")
HOOKS = f'app_name = "myapp"\nscheduler_events = {{"cron": {_CRONS}}}\n'
