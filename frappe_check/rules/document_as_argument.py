"""FC106: a whole document that travels to a job."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Finding, found
from frappe_check.modules import Function
from frappe_check.rules.work import document_names
from frappe_check.syntax import DOCUMENTS, brief, dotted
from frappe_check.tasks import TaskCode, is_whitelisted

_OF_THE_DELETED = ("on_trash", "after_delete")
"""Events whose document a job could not read any more."""


def find(code: TaskCode) -> Iterator[Finding]:
    """Arguments, and methods' owners, that are documents by their names."""
    for enqueue in code.app.enqueues:
        caller = enqueue.function
        if enqueue.is_direct or caller is None or caller.node.name in _OF_THE_DELETED:
            continue
        documents = _documents(code, caller)
        for _, value in enqueue.arguments:
            if _is_document(caller, value, documents):
                what = f"The document `{brief(value)}` is sent to the job."
                yield found("FC106", enqueue.module, value, what)
        method = enqueue.method
        owner = dotted(method.value) if isinstance(method, ast.Attribute) else ""
        if method and owner in documents and code.app.attribute(caller, method):
            what = f"`{dotted(method)}` takes its document along to the job."
            yield found("FC106", enqueue.module, method, what)


def _is_document(caller: Function, value: ast.expr, documents: set[str]) -> bool:
    if isinstance(value, ast.Call):
        return caller.module.full(value.func) in DOCUMENTS
    return isinstance(value, ast.Name) and value.id in documents


def _documents(code: TaskCode, caller: Function) -> set[str]:
    found = document_names(caller)
    if code.is_controllers(caller):
        found.add("self")
    elif caller in code.events and caller.parameters:
        found.add(caller.parameters[0].arg)
    elif "doc" in {each.arg for each in caller.parameters} and not is_whitelisted(caller):
        found |= {"doc"} if any(dotted(node) == "doc.name" for node in caller.nodes) else set()
    return found
