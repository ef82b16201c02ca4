"""FC102: a job that enqueues itself again when it failed, at once and for ever."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Finding, found
from frappe_check.syntax import called, inside
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Finding]:
    """Calls in an `except` that enqueue the function which they stand in."""
    for enqueue, method in code.enqueued:
        if enqueue.function is not method or enqueue.kind == "enqueue_later":
            continue
        around = list(method.around(enqueue.call))
        handler = next((each for each in around if isinstance(each, ast.ExceptHandler)), None)
        if handler is not None and not _has_an_end(handler, around):
            what = f"{method.short} enqueues itself as soon as it fails."
            yield found("FC102", enqueue.module, enqueue.call, what)


def _has_an_end(handler: ast.ExceptHandler, around: list[ast.AST]) -> bool:
    """Whether it pauses, or compares something (how often it was tried) first."""
    within = around[: around.index(handler)]
    compares = any(
        isinstance(each, ast.If) and any(isinstance(n, ast.Compare) for n in ast.walk(each.test))
        for each in within
    )
    return compares or any(called(node) == "sleep" for node in inside(handler.body))
