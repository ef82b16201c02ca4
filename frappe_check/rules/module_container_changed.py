"""FC202: task code that changes a list, dictionary or set of its module's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.containers import changed, is_container
from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import dotted
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Changes, by statement or by method, of containers that stand at the top of a module.

    One that is filled by `frappe.local.site` gives no site another's.
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
    kept = f"{module.name}.{inner}" in code.app.hooks.kept
    return name if is_container(module.assigned.get(inner)) and not kept else ""


RULE = Rule(
    code="FC202",
    title="A module's list, dictionary or set that task code changes",
    happens=(
        "It is emptied between jobs: a warm process puts it back to what it was when the module had"
        " been imported, and a cache that is meant to live is filled each time. In the web server's"
        " processes it stays: it grows, and as a cache without the site in its key, or of what"
        " changes, it gives a request another site's data, or yesterday's."
    ),
    instead=(
        "Make it in the function, or keep it in `frappe.local`; as a cache use `frappe.cache()` or"
        " `frappe.utils.caching.redis_cache`, which know the site. What is meant to live, the same"
        " for every site, name in `frappe_celery_keep`, in hooks.py or the configuration."
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
frappe_celery_keep = ["myapp.tasks._models"]

# tasks.py
import frappe
import joblib

_models = {}

def sync():
    prices = {}
    for item in frappe.get_all("Item", pluck="name"):
        prices[item] = frappe.db.get_value("Item", item, "price")
    if "prices" not in _models:
        _models["prices"] = joblib.load("prices.model")
    _models["prices"].predict(prices)
""",
    find=find,
)
