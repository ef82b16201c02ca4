"""FC207: task code that sets signal handlers or alarms."""

from __future__ import annotations

from collections.abc import Iterator

from frappe_check import process
from frappe_check.findings import Hit, Rule
from frappe_check.tasks import TaskCode

_CALLS = {"signal.signal", "signal.alarm", "signal.setitimer", "faulthandler.register"}


def find(code: TaskCode) -> Iterator[Hit]:
    yield from process.calls(code, _CALLS, "how the process takes signals")


RULE = Rule(
    code="FC207",
    title="Signal handlers and alarms",
    happens=(
        "SIGALRM is the job's time limit, SIGTERM the worker's way to stop, SIGUSR1 its stack in"
        f" the log: a job that takes them runs without. {process.PUT_BACK}"
    ),
    instead=(
        "Give the job a `timeout` and catch `rq.timeouts.JobTimeoutException`; give a single call"
        " its own (`requests.get(…, timeout=30)`, `subprocess.run(…, timeout=30)`)."
    ),
    bad="""
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.load"]}

# tasks.py
import signal

def load():
    signal.alarm(60)  # FC207
""",
    good="""
# tasks.py
import frappe

def start():
    frappe.enqueue("myapp.tasks.load", timeout=60)

def load():
    pass
""",
    find=find,
)
