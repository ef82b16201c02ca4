"""FC103: a job's loop over documents, which the first one that fails ends."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Finding, found
from frappe_check.modules import Function
from frappe_check.rules import work
from frappe_check.syntax import Loop, brief, called, inside
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Finding]:
    """Loops of a job's own function in which nothing is caught."""
    for task in code.jobs:
        for loop in work.outermost_loops(task):
            over = work.is_over_rows(code, task, loop) or work.is_over_parameter(task, loop)
            if over and not _is_safe(code, task, loop):
                call = work.work_in(code, task, loop)
                if call is not None:
                    what = f"The first failure of `{brief(call.func)}` ends the loop."
                    yield found("FC103", task.module, loop, f"{task.short} is a batch. {what}")


def _is_safe(code: TaskCode, task: Function, loop: Loop) -> bool:
    """Whether failures are caught in the loop, jobs do its work, or all of it is taken back."""
    return (
        _catches(code, task, loop)
        or work.enqueues(code, task, loop)
        or any(_takes_back(each) for each in task.around(loop))
    )


def _catches(code: TaskCode, task: Function, loop: Loop) -> bool:
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
