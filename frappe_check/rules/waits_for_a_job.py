"""FC104: code that stands still until a job has ended, or sleeps in a request."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import FUNCTIONS, called, inside
from frappe_check.tasks import TaskCode, is_whitelisted

_ASKS = {"get_status", "is_job_enqueued", "get_job_status"}
_SAYS = {"is_finished", "is_failed", "is_queued", "is_started"}


def find(code: TaskCode) -> Iterator[Hit]:
    """Loops that ask for a job's status and sleep, and sleeps of whitelisted functions."""
    for module in code.app.modules.values():
        if "sleep" not in module.source:
            continue
        seen: set[ast.AST] = set()
        for node in ast.walk(module.tree):
            if isinstance(node, ast.While) and _polls(node):
                seen |= set(ast.walk(node))
                yield hit(module, node, "The loop stands still until a job has ended.")
        for function in module.functions.values():
            if is_whitelisted(function) and function not in code.jobs:
                for call in function.calls:
                    if call not in seen and _is_sleep(function, call):
                        yield hit(module, call, f"{function.short} sleeps in a request.")


def _is_sleep(function: Function, call: ast.Call) -> bool:
    """Whether it stands still for a second or more, or as often as a loop wants it."""
    around = list(function.around(call))
    if function.module.full(call.func) != "time.sleep":
        return False
    if any(isinstance(each, FUNCTIONS) for each in around):
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


RULE = Rule(
    code="FC104",
    title="Waiting in a request",
    happens=(
        "The web server's process is held until then; where every one waits so, nobody is served,"
        " and a job that waits for another one may take the worker that the other one needs."
    ),
    instead=(
        "Return at once. Tell the browser by `frappe.publish_realtime` at the job's end or in"
        " `on_success`, or let it ask again."
    ),
    bad="""
# api.py
import time

import frappe

@frappe.whitelist()
def build():
    job = frappe.enqueue("myapp.api.heavy")
    while job.get_status() != "finished":  # FC104
        time.sleep(1)

def heavy():
    pass
""",
    good="""
# api.py
import frappe

@frappe.whitelist()
def build():
    frappe.enqueue("myapp.api.heavy", on_success=tell)

def heavy():
    pass

def tell(job, connection, result):
    frappe.publish_realtime("built")
""",
    find=find,
)
