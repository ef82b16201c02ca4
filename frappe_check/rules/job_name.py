"""FC108: v14's deduplication, by `job_name` and a list of all jobs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.syntax import keyword, text
from frappe_check.tasks import TaskCode

_GET_INFO = "frappe.core.page.background_jobs.background_jobs.get_info"
_GET_JOBS = "frappe.utils.background_jobs.get_jobs"


def find(code: TaskCode) -> Iterator[Hit]:
    """Jobs with a `job_name` and no `job_id`; lists of jobs by that name, or before enqueueing."""
    enqueuing = {each.function for each in code.app.enqueues if each.function is not None}
    before = {call for function in enqueuing for call in function.calls}
    for enqueue in code.app.enqueues:
        given = keyword(enqueue.call, "job_name")
        if given is not None and not enqueue.has("job_id") and not enqueue.is_direct:
            yield hit(enqueue.module, given, "`job_name` keeps no job from being enqueued twice.")
    for module in code.app.modules.values():
        if "get_info" not in module.source and "get_jobs" not in module.source:
            continue
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Call):
                name = module.full(node.func)
                if name == _GET_INFO:
                    yield hit(module, node, "`get_info` lists all jobs; from v15 on it is gone.")
                elif name == _GET_JOBS and (node in before or _by_job_name(node)):
                    yield hit(module, node, "All jobs are listed to see whether one is there.")


def _by_job_name(call: ast.Call) -> bool:
    return text(keyword(call, "key")) == "job_name"


RULE = Rule(
    code="FC108",
    title="Deduplication by job_name",
    happens=(
        "`job_name` is a mere label from v15 on, and deprecated. A list of all jobs that is read"
        " before enqueueing is slow when many wait, and two callers can both find nothing in it."
    ),
    instead=(
        "Where a job is not to be enqueued twice, give a `job_id` and `deduplicate=True`, which"
        " here is one step, or ask `is_job_enqueued(job_id)` first. A mere label may stay."
    ),
    bad="""
# tasks.py
import frappe
from frappe.core.page.background_jobs.background_jobs import get_info

def start(name):
    enqueued = [d.get("job_name") for d in get_info()]  # FC108
    if name not in enqueued:
        frappe.enqueue("myapp.tasks.load", name=name, job_name=name)  # FC108

def load(name):
    pass
""",
    good="""
# tasks.py
import frappe

def start(name):
    frappe.enqueue(
        "myapp.tasks.load", name=name, job_id=f"load::{name}", deduplicate=True
    )

def load(name):
    pass
""",
    find=find,
)
