"""FC106: a whole document that travels to a job."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import DOCUMENTS, brief, dotted
from frappe_check.tasks import TaskCode, is_whitelisted
from frappe_check.work import document_names

_OF_THE_DELETED = ("on_trash", "after_delete")
"""Events whose document a job could not read any more."""


def find(code: TaskCode) -> Iterator[Hit]:
    """Arguments, and methods' owners, that are documents by their names."""
    for enqueue in code.app.enqueues:
        caller = enqueue.function
        if enqueue.is_direct or caller is None or caller.node.name in _OF_THE_DELETED:
            continue
        documents = _documents(code, caller)
        for each in enqueue.call.keywords:
            if _is_document(caller, each.value, documents):
                given = brief(each.value)
                yield hit(enqueue.module, each.value, f"The document `{given}` is sent to the job.")
        method = enqueue.method
        if (
            isinstance(method, ast.Attribute)
            and dotted(method.value) in documents
            and code.app.attribute(caller, method) is not None
        ):
            what = f"`{dotted(method)}` takes its document along to the job."
            yield hit(enqueue.module, method, what)


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


RULE = Rule(
    code="FC106",
    title="A document as an argument",
    happens=(
        "All of it is pickled into Redis, and the job works on the document as it was then: what"
        " was saved meanwhile is overwritten, or the save fails (TimestampMismatchError). With"
        " `frappe_celery_pickle` off the call is refused."
    ),
    instead=(
        "Send its name, and let the job read it: `frappe.enqueue(…, order=doc.name)`, or"
        ' `frappe.enqueue_doc(doc.doctype, doc.name, "method")`. Of a document that is never saved'
        " send the values that the job needs."
    ),
    bad="""
# tasks.py
import frappe

def start(name):
    order = frappe.get_doc("Order", name)
    frappe.enqueue("myapp.tasks.ship", order=order)  # FC106

def ship(order):
    order.save()
""",
    good="""
# tasks.py
import frappe

def start(name):
    frappe.enqueue("myapp.tasks.ship", order=name)

def ship(order):
    frappe.get_doc("Order", order).save()
""",
    find=find,
)
