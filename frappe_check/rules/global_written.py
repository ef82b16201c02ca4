"""FC201: task code that gives a module's global another value."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.syntax import targets
from frappe_check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Assignments to names that a function declares global."""
    for function in code.reached:
        names = {
            name for node in function.nodes if isinstance(node, ast.Global) for name in node.names
        }
        kept = {name for name in names if f"{function.module.name}.{name}" in code.app.hooks.kept}
        for node in function.nodes if names else ():
            for target in targets(node):
                if isinstance(target, ast.Name) and target.id in names - kept:
                    what = f"The global `{target.id}` is written by {code.why(function)}."
                    yield hit(function.module, node, what)


RULE = Rule(
    code="FC201",
    title="A global that task code writes",
    happens=(
        "RQ forks a process for each job, and the change dies with it. A warm process puts it back"
        " after each job, and what is meant to live is made each time. In the web server's"
        " processes it stays: the next request, of another site or user, finds it."
    ),
    instead=(
        "Pass the value along, or keep it in `frappe.local` or `frappe.flags`, which end with the"
        " job; what must outlive it belongs in `frappe.cache()`, which has a key for each site."
        " What is meant to live, the same for every site (a model, a client), name in"
        " `frappe_celery_keep`, in hooks.py or the configuration."
    ),
    bad="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}

# tasks.py
import frappe

_settings = None

def sync():
    global _settings
    if _settings is None:
        _settings = frappe.get_doc("Sync Settings")  # FC201
""",
    good="""
# hooks.py
scheduler_events = {"hourly": ["myapp.tasks.sync"]}
frappe_celery_keep = ["myapp.tasks._model"]

# tasks.py
import frappe
import joblib

_model = None

def sync():
    global _model
    _model = _model or joblib.load("prices.model")
    settings = frappe.get_cached_doc("Sync Settings")
""",
    find=find,
)
