"""The app that the chaos runs: each job leaves its lines in a ledger outside the system under test.

A line is one `O_APPEND` write followed by fsync: whole or not there, whatever is killed.
"""

from __future__ import annotations

TASKS = '''
"""`job` is what is enqueued; `every_…` is what the schedule runs."""

import os
import time
from pathlib import Path

from frappe_celery.jobs import current_job

LEDGER = Path(__file__).parents[1] / "ledger"


def note(*words):
    line = " ".join(map(str, words)) + "\\n"
    file = os.open(LEDGER / "jobs", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
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


def scheduled(seconds=0.0):
    run = current_job().run_id
    begin(run)
    time.sleep(seconds)
    note("end", run, run, os.getpid(), os.getppid(), time.time())


def every_second():
    scheduled(1.3)


def every_two():
    scheduled()


def every_five():
    scheduled(0.2)
'''

PERIODS = {"every_second": 1, "every_two": 2, "every_five": 5}
"""Seconds between the due times of the schedule's methods; each divides a minute, so that a due
time is a multiple of it."""

HOOKS = """
app_name = "myapp"
scheduler_events = {
    "cron": {
        "* * * * * *": ["myapp.chaos.every_second"],
        "* * * * * */2": ["myapp.chaos.every_two"],
        "* * * * * */5": ["myapp.chaos.every_five"],
    }
}
"""
