"""FC202: task code that changes a list, dictionary or set of its module's."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_celery.migration.check.findings import Hit, Rule, hit
from frappe_celery.migration.check.modules import Function
from frappe_celery.migration.check.syntax import dotted, targets
from frappe_celery.migration.check.tasks import TaskCode

_MAKERS = {"dict", "list", "set", "defaultdict", "OrderedDict", "deque", "Counter"}
_CHANGES = {
    *("append", "appendleft", "extend", "insert", "add", "update", "setdefault"),
    *("pop", "popitem", "popleft", "remove", "discard", "clear"),
}


def find(code: TaskCode) -> Iterator[Hit]:
    """Changes, by statement or by method, of containers that stand at the top of a module."""
    for function in code.reached:
        for node in function.nodes:
            for expression in _changed(node):
                name = _container(code, function, expression)
                if name:
                    what = f"`{name}`, of the module, is changed by {code.why(function)}."
                    yield hit(function.module, node, what)


def _changed(node: ast.AST) -> list[ast.expr]:
    """What a node changes the contents of."""
    if isinstance(node, ast.Call):
        method = node.func
        changes = isinstance(method, ast.Attribute) and method.attr in _CHANGES
        return [method.value] if changes and isinstance(method, ast.Attribute) else []
    return [each.value for each in targets(node) if isinstance(each, ast.Subscript)]


def _container(code: TaskCode, function: Function, expression: ast.expr) -> str:
    """The name of the module's container that an expression leads to, or ''."""
    while isinstance(expression, ast.Subscript):
        expression = expression.value
    name = dotted(expression)
    if not name or name.partition(".")[0] in function.local:
        return ""
    found = code.app.find(function.module.full(expression))
    if found is None:
        return ""
    module, inner = found
    return name if _is_container(module.assigned.get(inner)) else ""


def _is_container(value: ast.expr | None) -> bool:
    if isinstance(value, ast.Call):
        return dotted(value.func).rpartition(".")[2] in _MAKERS
    return isinstance(
        value, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp
    )


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

def sync():
    prices = {}
    for item in frappe.get_all("Item", pluck="name"):
        prices[item] = frappe.db.get_value("Item", item, "price")
""",
    find=find,
)
