"""FC106: a whole document that travels to a job."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_celery.migration.check.enqueues import Enqueue
from frappe_celery.migration.check.findings import Hit, Rule, hit
from frappe_celery.migration.check.syntax import dotted
from frappe_celery.migration.check.tasks import TaskCode, is_controllers
from frappe_celery.migration.check.work import document_names


def find(code: TaskCode) -> Iterator[Hit]:
    """Arguments, and methods' owners, that are documents by their names."""
    for enqueue in code.app.enqueues:
        if enqueue.is_direct or enqueue.function is None:
            continue
        documents = _documents(code, enqueue)
        for each in enqueue.call.keywords:
            if isinstance(each.value, ast.Name) and each.value.id in documents:
                name = each.value.id
                yield hit(enqueue.module, each.value, f"The document `{name}` is sent to the job.")
        method = enqueue.method
        if isinstance(method, ast.Attribute) and dotted(method.value) in documents:
            what = f"`{dotted(method)}` takes its document along to the job."
            yield hit(enqueue.module, method, what)


def _documents(code: TaskCode, enqueue: Enqueue) -> set[str]:
    function = enqueue.function
    assert function is not None
    found = document_names(function)
    if is_controllers(function):
        found.add("self")
    elif function in code.events and function.parameters:
        found.add(function.parameters[0].arg)
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
        ' `frappe.enqueue_doc(doc.doctype, doc.name, "method")`.'
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
