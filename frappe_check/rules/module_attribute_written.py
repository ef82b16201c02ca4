"""FC204: task code that writes an attribute of a module: a setting of a library, a patch."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.modules import Function
from frappe_check.syntax import dotted, targets
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Assignments to `module.name`, where an `import` statement says that it is a module."""
    for function in code.reached:
        for node in function.nodes:
            for target in targets(node):
                if isinstance(target, ast.Attribute) and _is_module(function, target.value):
                    what = f"`{ast.unparse(target)}` is written by {code.why(function)}."
                    yield hit(function.module, node, what)


def _is_module(function: Function, node: ast.expr) -> bool:
    name = dotted(node)
    return bool(name) and name in _modules(function)


def _modules(function: Function) -> set[str]:
    """Names under which `import` statements bind modules, in the function and around it."""
    found: set[str] = set()
    for node in (*function.module.tree.body, *function.nodes):
        if isinstance(node, ast.Import):
            found |= {alias.asname or alias.name for alias in node.names}
    bound = {
        node.id
        for node in function.nodes
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    return found - bound


RULE = Rule(
    code="FC204",
    title="A module's attribute that task code writes",
    happens=(
        "A library's setting, or the function that was put in place of another, stays in a warm"
        " process for the jobs of every site; two of them overwrite each other's."
    ),
    instead=(
        "Make an object of the library's that has its own setting (most have one: a client, a"
        " session), or set it once when the module is imported, the same for every site."
    ),
    bad="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.charge"]}

# tasks.py
import frappe
import stripe

def charge():
    stripe.api_key = frappe.conf.stripe_key  # FC204
""",
    good="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.charge"]}

# tasks.py
import frappe
import stripe

def charge():
    client = stripe.StripeClient(frappe.conf.stripe_key)
""",
    find=find,
)
