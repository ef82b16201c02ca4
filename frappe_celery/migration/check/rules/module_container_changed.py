"""FC202: task code that changes a list, dictionary or set of its module's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_celery.migration.check.containers import changed, is_container
from frappe_celery.migration.check.findings import Hit, Rule, hit
from frappe_celery.migration.check.modules import Function
from frappe_celery.migration.check.syntax import dotted
from frappe_celery.migration.check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Changes, by statement or by method, of containers that stand at the top of a module.

    One that is kept by `frappe.local.site` gives no site another's.
    """
    for function in code.reached:
        for node in function.nodes:
            for expression in changed(node):
                if "frappe.local.site" in ast.unparse(node):
                    continue
                name = _container(code, function, expression)
                if name:
                    what = f"`{name}`, of the module, is changed by {code.why(function)}."
                    yield hit(function.module, node, what)


def _container(code: TaskCode, function: Function, expression: ast.expr) -> str:
    """The name of the module's container that an expression leads to, or ''."""
    name = dotted(expression)
    local = function.local - function.module.imports.keys()
    if not name or name.partition(".")[0] in local:
        return ""
    found = code.app.find(function.module.full(expression))
    if found is None:
        return ""
    module, inner = found
    return name if is_container(module.assigned.get(inner)) else ""


RULE = Rule(
    code="FC202",
    title="A module's list, dictionary or set that task code changes",
    happens=(
        "A warm process keeps what was put in: it grows with each job, and as a cache without the"
        " site in its key it gives one site's data to another's job."
    ),
    instead=(
        "Make it in the function, or keep it in `frappe.local`; as a cache use `frappe.cache()` or"
        " `frappe.utils.caching.redis_cache`, which know the site."
    ),
    bad="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
import frappe

_prices = {}

def sync():
    for item in frappe.get_all("Item", pluck="name"):
        _prices[item] = frappe.db.get_value("Item", item, "price")  # FC202
""",
    good="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
import frappe

_currencies = {}

def sync():
    prices = {}
    for item in frappe.get_all("Item", pluck="name"):
        prices[item] = frappe.db.get_value("Item", item, "price")
    _currencies[frappe.local.site] = frappe.db.get_default("currency")
""",
    find=find,
)
