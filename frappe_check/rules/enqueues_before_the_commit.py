"""FC107: a job that is enqueued in a document's event, before the document is committed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.enqueues import Enqueue
from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import FUNCTIONS, is_false, keyword
from frappe_check.tasks import EVENTS_BEFORE_COMMIT, TaskCode
from frappe_check.work import COMMIT


def find(code: TaskCode) -> Iterator[Hit]:
    """Calls without `enqueue_after_commit` in events, and in what events call."""
    by_function: dict[Function, list[Enqueue]] = {}
    for enqueue in code.app.enqueues:
        if enqueue.function is not None and enqueue.kind != "queue_action":
            by_function.setdefault(enqueue.function, []).append(enqueue)
    for handler, ways in code.events.items():
        event = ways[0].event
        if event not in EVENTS_BEFORE_COMMIT:
            continue
        for function in code.app.reach(handler, depth=1):
            for enqueue in by_function.get(function, []):
                if _is_too_early(function, enqueue):
                    by = "" if function is handler else f" (called by {handler.short})"
                    what = f"{function.short}{by} enqueues in `{event}`, before the commit."
                    yield hit(enqueue.module, enqueue.call, what)


def _is_too_early(function: Function, enqueue: Enqueue) -> bool:
    given = keyword(enqueue.call, "enqueue_after_commit")
    if enqueue.is_direct or (enqueue.has("enqueue_after_commit") and not is_false(given)):
        return False
    later = (*FUNCTIONS, ast.Lambda)
    if any(isinstance(each, later) for each in function.around(enqueue.call)):
        return False
    return not any(
        function.module.full(call.func) == COMMIT and call.lineno < enqueue.call.lineno
        for call in function.calls
    )


RULE = Rule(
    code="FC107",
    title="Enqueued before the commit",
    happens=(
        "The job waits for the end of its caller's transaction, `frappe_celery_commit_wait` seconds"
        " at most, so that it finds the document; under RQ it mostly came late enough. After a"
        " rollback it runs all the same, as under RQ, and finds none (DoesNotExistError)."
    ),
    instead="Add `enqueue_after_commit=True`.",
    bad="""
# hooks.py
doc_events = {"Sales Invoice": {"on_submit": "myapp.tasks.submitted"}}

# tasks.py
import frappe

def submitted(doc, method):
    frappe.enqueue("myapp.tasks.send", name=doc.name)  # FC107

def send(name):
    pass
""",
    good="""
# hooks.py
doc_events = {"Sales Invoice": {"on_submit": "myapp.tasks.submitted"}}

# tasks.py
import frappe

def submitted(doc, method):
    frappe.enqueue("myapp.tasks.send", name=doc.name, enqueue_after_commit=True)

def send(name):
    pass
""",
    find=find,
)
