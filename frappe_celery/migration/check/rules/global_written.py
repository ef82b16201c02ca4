"""FC201: task code that gives a module's global another value."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_celery.migration.check.findings import Hit, Rule, hit
from frappe_celery.migration.check.syntax import targets
from frappe_celery.migration.check.tasks import TaskCode


def find(code: TaskCode) -> Iterator[Hit]:
    """Assignments to names that a function declares global."""
    for function in code.reached:
        names = {
            name for node in function.nodes if isinstance(node, ast.Global) for name in node.names
        }
        for node in function.nodes if names else ():
            for target in targets(node):
                if isinstance(target, ast.Name) and target.id in names:
                    what = f"The global `{target.id}` is written by {code.why(function)}."
                    yield hit(function.module, node, what)


RULE = Rule(
    code="FC201",
    title="A global that task code writes",
    happens=(
        "RQ forks a process for each job, and the change dies with it. A warm process keeps it: the"
        " next job, of another site or user, finds it, for up to 5,000 jobs."
    ),
    instead=(
        "Pass the value along, or keep it in `frappe.local` or `frappe.flags`, which end with the"
        " job; what must outlive it belongs in `frappe.cache()`, which has a key for each site."
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

# tasks.py
import frappe

def sync():
    settings = frappe.get_cached_doc("Sync Settings")
""",
    find=find,
)
