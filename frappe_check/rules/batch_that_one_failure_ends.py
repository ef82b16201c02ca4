"""FC103: a job's loop over documents, which the first one that fails ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check import work
from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import brief, called, inside
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Loops of a job's own function in which nothing is caught."""
    for task in code.jobs:
        for loop in work.outermost_loops(task):
            over = work.is_over_rows(code, task, loop) or work.is_over_parameter(task, loop)
            if over and not _is_safe(code, task, loop):
                call = work.work_in(code, task, loop)
                if call is not None:
                    what = f"The first failure of `{brief(call.func)}` ends the loop."
                    yield hit(task.module, loop, f"{task.short} is a batch. {what}")


def _is_safe(code: TaskCode, task: Function, loop: work.Loop) -> bool:
    """Whether failures are caught in the loop, jobs do its work, or all of it is taken back."""
    return (
        _catches(code, task, loop)
        or work.enqueues(code, task, loop)
        or any(_takes_back(each) for each in task.around(loop))
    )


def _catches(code: TaskCode, task: Function, loop: work.Loop) -> bool:
    """Whether something in the loop is caught, in it or in a function that it calls.

    A `with` may catch too: a savepoint, `suppress`.
    """
    for node in inside(loop.body):
        if isinstance(node, ast.Try | ast.With | ast.AsyncWith):
            return True
        callee = code.app.callee(task, node) if isinstance(node, ast.Call) else None
        if callee is not None and any(isinstance(each, ast.Try) for each in callee.nodes):
            return True
    return False


def _takes_back(node: ast.AST) -> bool:
    """Whether it is a `try` that rolls back: then it is to be all of them or none."""
    handlers = node.handlers if isinstance(node, ast.Try) else []
    return any(called(each) == "rollback" for one in handlers for each in inside(one.body))


RULE = Rule(
    code="FC103",
    title="A batch that one failure ends",
    happens=(
        "One document that fails is rolled back with all since the last commit, those behind it are"
        " never reached, and the next run meets it again."
    ),
    instead=(
        "Catch what one document raises, in the loop: commit each that went well; on an exception"
        " `frappe.db.rollback()`, then `frappe.log_error()`. Or enqueue a job for each."
    ),
    bad="""
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.bill_all"]}

# tasks.py
import frappe

def bill_all():
    for name in frappe.get_all("Contract", pluck="name"):  # FC103
        frappe.get_doc("Contract", name).submit()
""",
    good="""
# hooks.py
scheduler_events = {"daily": ["myapp.tasks.bill_all"]}

# tasks.py
import frappe

def bill_all():
    for name in frappe.get_all("Contract", pluck="name"):
        try:
            frappe.get_doc("Contract", name).submit()
            frappe.db.commit()
        except Exception:
            frappe.db.rollback()
            frappe.log_error(title=f"Contract {name}")
""",
    find=find,
)
