"""FC111: names of RQ that lead past Celery: to RQ's own Redis keys, workers and queues."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from frappe_check import namespace
from frappe_check.findings import Finding, found
from frappe_check.modules import Function, Module
from frappe_check.syntax import called, text
from frappe_check.tasks import TaskCode

_SAME_IN_A_BENCH = (
    *("rq.Callback", "rq.job.Callback", "rq.command.send_stop_job_command", "rq.registry"),
    *("rq.exceptions", "rq.timeouts", "rq.utils", "rq.logutils", "rq.version", "rq.VERSION"),
)
"""What the bench host replaces, or leaves: it is no way to RQ's data (`hosts/bench/seam`)."""


_ENQUEUES = {"enqueue", "enqueue_call", "enqueue_in", "enqueue_at", "enqueue_many"}
_QUEUES = {"rq.Queue", "rq.queue.Queue", "frappe.utils.background_jobs.get_queue"}
_KEY = re.compile(r"rq:(queues?|jobs?|workers?|failed|finished|wip|deferred|scheduled)\b")


def find(code: TaskCode) -> Iterator[Finding]:
    """Names that neither host has, RQ's own ways to enqueue, and its keys in Redis."""
    for module in code.app.with_words("rq", "get_queue"):
        for node in module.nodes:
            for name in _names(module, node):
                if not name.startswith(_SAME_IN_A_BENCH) and not namespace.has(name):
                    yield found("FC111", module, node, f"`{name}` is RQ's own.")
            key = text(node)
            if key and _KEY.match(key):
                yield found("FC111", module, node, f"`{key[:40]}` is a key of RQ's in Redis.")
        for function in module.functions.values():
            for call in function.calls:
                if called(call) in _ENQUEUES and _is_queue(function, call):
                    yield found("FC111", module, call, f"{function.short} enqueues by RQ itself.")


def _names(module: Module, node: ast.AST) -> list[str]:
    """What a node names of RQ's, but for exceptions and constants."""
    if isinstance(node, ast.ImportFrom):
        names = list(module.imported(node).values())
    elif isinstance(node, ast.Attribute) and "rq" in module.imports:
        names = [module.full(node)]
    else:
        return []
    return [
        name
        for name in names
        if name.startswith("rq.")
        and not name.endswith("Error")
        and not name.rpartition(".")[2].isupper()
    ]


def _is_queue(function: Function, call: ast.Call) -> bool:
    """Whether a method is one of a queue of RQ's."""
    of: ast.expr | None = call.func.value if isinstance(call.func, ast.Attribute) else None
    if isinstance(of, ast.Name):
        of = function.made.get(of.id)
    return isinstance(of, ast.Call) and function.module.full(of.func) in _QUEUES
