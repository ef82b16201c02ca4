"""FC104: code that stands still until a job has ended, or sleeps in a request."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Finding, found
from frappe_check.modules import Function
from frappe_check.syntax import Definition, called, inside
from frappe_check.tasks import TaskCode, is_whitelisted

_ASKS = {"get_status", "is_job_enqueued", "get_job_status"}
_SAYS = {"is_finished", "is_failed", "is_queued", "is_started"}


def find(code: TaskCode) -> Iterator[Finding]:
    """Loops that ask for a job's status and sleep, and sleeps of whitelisted functions."""
    for module in code.app.with_words("sleep"):
        seen: set[ast.AST] = set()
        for node in module.nodes:
            if isinstance(node, ast.While) and _polls(node):
                seen |= set(ast.walk(node))
                yield found("FC104", module, node, "The loop stands still until a job has ended.")
        for function in module.functions.values():
            if is_whitelisted(function) and function not in code.jobs:
                for call in function.calls:
                    if call not in seen and _is_sleep(function, call):
                        yield found("FC104", module, call, f"{function.short} sleeps in a request.")


def _is_sleep(function: Function, call: ast.Call) -> bool:
    """Whether it stands still for a second or more, or as often as a loop wants it."""
    around = list(function.around(call))
    if function.module.full(call.func) != "time.sleep":
        return False
    if any(isinstance(each, Definition) for each in around):
        return False
    seconds = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else 0
    long = isinstance(seconds, int | float) and seconds >= 1
    return long or any(isinstance(each, ast.While) for each in around)


def _polls(loop: ast.While) -> bool:
    nodes = [*ast.walk(loop.test), *inside(loop.body)]
    asks = any(
        called(node) in _ASKS or (isinstance(node, ast.Attribute) and node.attr in _SAYS)
        for node in nodes
    )
    return asks and any(called(node) == "sleep" for node in nodes)
