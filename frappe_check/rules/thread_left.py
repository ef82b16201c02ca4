"""FC208: task code that starts a thread and does not wait for its end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check import process
from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import called
from frappe_check.tasks import TaskCode

_THREADS = {"threading.Thread", "threading.Timer", "_thread.start_new_thread"}
_POOLS = {
    *("concurrent.futures.ThreadPoolExecutor", "concurrent.futures.thread.ThreadPoolExecutor"),
    "multiprocessing.pool.ThreadPool",
}
_ENDS = {"join", "shutdown", "cancel"}


def find(code: TaskCode) -> Iterator[Hit]:
    """Threads and pools of threads, in functions that end none and have no `with` for it."""
    for function in code.reached:
        if any(called(call) in _ENDS and not call.args for call in function.calls):
            continue
        starts = any(called(call) == "start" for call in function.calls)
        for call in function.calls:
            name = process.name_of(function, call)
            if (name in _THREADS and starts) or (name in _POOLS and not _in_with(function, call)):
                what = f"A thread is started and left by {code.why(function)}."
                yield hit(function.module, call, what)


def _in_with(function: Function, call: ast.Call) -> bool:
    """Whether a `with` or its caller has charge of it."""
    return isinstance(function.parents.get(call), ast.withitem | ast.Return)


RULE = Rule(
    code="FC208",
    title="A thread that is started and left",
    happens=(
        "RQ's process ends with its job, and the thread with it. Here the worker replaces the"
        " process after the job and says so in its log; until then the thread runs without site and"
        " database (`frappe.local` is its own), and its work is lost when the process goes."
    ),
    instead="Enqueue a job for it, or wait for it: `join`, or a pool in a `with` statement.",
    bad="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
import threading

def sync():
    threading.Thread(target=upload).start()  # FC208

def upload():
    pass
""",
    good="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
import frappe

def sync():
    frappe.enqueue("myapp.tasks.upload")

def upload():
    pass
""",
    find=find,
)
