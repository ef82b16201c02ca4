"""FC109: v14's `scheduler_interval`.

Not rewritten: in the source of every version it is also how often `all` comes.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_check.findings import Hit, Rule, hit
from frappe_check.syntax import text
from frappe_check.tasks import TaskCode

_KEY = "scheduler_interval"


def find(code: TaskCode) -> Iterator[Hit]:
    """Where code reads or writes the key."""
    for module in code.app.modules.values():
        if _KEY in module.source:
            for node in ast.walk(module.tree):
                if text(node) == _KEY or (isinstance(node, ast.Attribute) and node.attr == _KEY):
                    yield hit(module, node, f"The key `{_KEY}` has two meanings.")


RULE = Rule(
    code="FC109",
    title="scheduler_interval",
    happens=(
        "From v15 on `scheduler_tick_interval` says how often the scheduler looks; in a bench"
        " `scheduler_interval` still says how often the event `all` comes, every 240 seconds unless"
        " it is set. Without Frappe the newer key counts for both, then this one."
    ),
    instead=(
        "Where how often the scheduler looks is meant, `scheduler_tick_interval`, in the site's"
        " configuration too. Where it is `all`, leave it, with `# noqa: FC109`."
    ),
    bad="""
# setup.py
import frappe

def interval():
    return frappe.conf.scheduler_interval or 240  # FC109
""",
    good="""
# setup.py
import frappe

def interval():
    return frappe.conf.scheduler_tick_interval or 60
""",
    find=find,
)
