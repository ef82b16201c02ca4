"""FC107: a job that is enqueued in a document's event, before the document is committed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.enqueues import Enqueue
from frappe_check.findings import Finding, found
from frappe_check.modules import Function
from frappe_check.rules.work import COMMIT
from frappe_check.syntax import Definition, has, is_false, keyword
from frappe_check.tasks import EVENTS_BEFORE_COMMIT, TaskCode


def find(code: TaskCode) -> Iterator[Finding]:
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
                    yield found("FC107", enqueue.module, enqueue.call, what)


def _is_too_early(function: Function, enqueue: Enqueue) -> bool:
    call = enqueue.saying_when
    given = keyword(call, "enqueue_after_commit")
    if enqueue.is_direct or (has(call, "enqueue_after_commit") and not is_false(given)):
        return False
    if any(isinstance(each, Definition | ast.Lambda) for each in function.around(enqueue.call)):
        return False
    return not any(
        function.module.full(call.func) == COMMIT and call.lineno < enqueue.call.lineno
        for call in function.calls
    )
