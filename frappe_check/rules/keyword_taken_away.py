"""FC110: a method's parameter that `enqueue` has itself, so that it never arrives."""

from __future__ import annotations

from collections.abc import Iterator

from frappe_check.findings import Finding, found
from frappe_check.modules import Function
from frappe_check.syntax import keyword
from frappe_check.tasks import TaskCode

ENQUEUES_OWN = {
    **dict.fromkeys(
        ("queue", "timeout", "event", "is_async", "async", "job_name", "now"), "in every version"
    ),
    **dict.fromkeys(("enqueue_after_commit", "at_front"), "in every version"),
    **dict.fromkeys(("on_success", "on_failure", "job_id", "deduplicate"), "from Frappe 15 on"),
    "at_front_when_starved": "from Frappe 16 on",
    "retry": "from Frappe 17 on",
}
"""What `frappe.enqueue` takes for itself, and since when."""
BESIDES = {
    **dict.fromkeys(("enqueue", "enqueue_later", "enqueue_many"), ("method",)),
    "enqueue_doc": ("doctype", "name", "method", "doc_method"),
    "queue_action": ("action",),
}
"""What each call has of its own."""


def find(code: TaskCode) -> Iterator[Finding]:
    """Calls whose method needs such a parameter, or that give one it has; entries that have one."""
    for enqueue in code.app.enqueues:
        for name, value in enqueue.of_entries:
            if name in ENQUEUES_OWN and name != "job_id":
                what = (
                    f"`{name}` of an entry is refused: it is enqueue's own, and said once for all."
                )
                yield found("FC110", enqueue.module, value, what)
    for enqueue, method in code.enqueued:
        own = ENQUEUES_OWN | dict.fromkeys(BESIDES[enqueue.kind], "in every version")
        given = {name for name, _ in enqueue.arguments}
        needed = _needed(method)
        for parameter in method.parameters:
            name = parameter.arg
            if name in own and (name in needed or name in given):
                what = f"`{name}` never reaches {method.short}: it is the call's own, {own[name]}."
                place = keyword(enqueue.call, name) or enqueue.call
                yield found("FC110", enqueue.module, place, what)


def _needed(method: Function) -> set[str]:
    """Parameters without a default."""
    arguments = method.node.args
    places = [*arguments.posonlyargs, *arguments.args]
    needed = places[: len(places) - len(arguments.defaults)]
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return {each.arg for each in (*needed, *(one for one, default in pairs if default is None))}
