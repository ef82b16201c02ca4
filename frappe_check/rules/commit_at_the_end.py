"""FC105: a commit at the end of a job's method, where the framework commits anyway."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from frappe_check.app import App
from frappe_check.findings import Finding, found
from frappe_check.modules import Function
from frappe_check.rules.work import COMMIT
from frappe_check.tasks import TaskCode, is_whitelisted


def find(code: TaskCode) -> Iterator[Finding]:
    """Commits that are a task's last statement, where nothing but the job calls the task."""
    for task in code.jobs:
        last = _last(task.node.body)
        call = last.value if isinstance(last, ast.Expr) else None
        commits = isinstance(call, ast.Call) and task.module.full(call.func) == COMMIT
        if commits and not is_whitelisted(task) and not _is_called(code.app, task):
            yield found("FC105", task.module, last, f"{task.short} commits as its last statement.")


def _last(body: list[ast.stmt]) -> ast.stmt:
    """The last statement, also of a `try` at the end, before a `return` that computes nothing."""
    last = body[-1]
    if isinstance(last, ast.Return) and not isinstance(last.value, ast.Call) and body[:-1]:
        last = body[-2]
    return _last(last.body) if isinstance(last, ast.Try) else last


def _is_called(app: App, task: Function) -> bool:
    """Whether something calls it, or anything of its name, as more than a job."""
    call = re.compile(rf"(?<!def )\b{task.node.name}\(")
    return any(call.search(module.source) for module in app.modules.values())
