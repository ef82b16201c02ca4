"""FC102: a job that enqueues itself again when it failed, at once and for ever."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import called, inside
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Calls in an `except` that enqueue the function which they stand in."""
    for enqueue, method in code.enqueued:
        if enqueue.function is not method or enqueue.kind == "enqueue_later":
            continue
        around = list(method.around(enqueue.call))
        handler = next((each for each in around if isinstance(each, ast.ExceptHandler)), None)
        if handler is None or _has_an_end(method, handler, around):
            continue
        yield hit(
            enqueue.module, enqueue.call, f"{method.short} enqueues itself as soon as it fails."
        )


def _has_an_end(method: Function, handler: ast.ExceptHandler, around: list[ast.AST]) -> bool:
    """Whether it pauses, or compares something (how often it was tried) first."""
    within = around[: around.index(handler)]
    compares = any(
        isinstance(each, ast.If) and any(isinstance(n, ast.Compare) for n in ast.walk(each.test))
        for each in within
    )
    return compares or any(called(node) == "sleep" for node in inside(handler.body))


RULE = Rule(
    code="FC102",
    title="A job that enqueues itself on failure",
    happens=(
        "While the other side is down it runs as fast as the workers go, for ever, and nobody hears"
        " of it because each failure is caught."
    ),
    instead=(
        "Let it fail and be run again after pauses that grow, with an end:"
        " `@options(retry=Retry(max=5, delay=60))` of frappe_celery; or leave it to the schedule."
    ),
    bad="""
# tasks.py
import frappe

def call_bank():
    try:
        bank.transfer()
    except Exception:
        frappe.enqueue("myapp.tasks.call_bank")  # FC102
""",
    good="""
# tasks.py
from frappe_celery import Retry, options

@options(retry=Retry(max=5, delay=60))
def call_bank():
    bank.transfer()
""",
    find=find,
)
