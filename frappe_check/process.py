"""What task code changes of the process that it runs in: the places, for the rules that tell."""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator

from frappe_check.findings import Hit, hit
from frappe_check.modules import Function
from frappe_check.tasks import TaskCode

PUT_BACK = (
    "For the rest of the job, and in a pool of threads or greenlets for every other job too, it"
    " stays so; then frappe_celery's worker puts it back and says so in its log. Web processes, and"
    " RQ's pool without fork, keep it for whatever they serve next, of any site."
)


def calls(code: TaskCode, names: Container[str], what: str) -> Iterator[Hit]:
    """Calls of these names in task code; `what` says what they change."""
    for function in code.reached:
        for call in function.calls:
            name = name_of(function, call)
            if name in names:
                yield hit(
                    function.module, call, f"`{name}` changes {what} in {code.why(function)}."
                )


def name_of(function: Function, call: ast.Call) -> str:
    """The dotted name that is called, '' where it begins with a name of the function's own."""
    name = function.module.full(call.func)
    head = call.func
    while isinstance(head, ast.Attribute):
        head = head.value
    if isinstance(head, ast.Name) and head.id in function.local - function.module.imports.keys():
        return ""
    return name
