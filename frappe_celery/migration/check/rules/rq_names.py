"""FC111: names of RQ that lead past Celery: to RQ's own Redis keys, workers and queues."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from frappe_celery.migration.check.findings import Hit, Rule, hit
from frappe_celery.migration.check.namespace import Namespace
from frappe_celery.migration.check.syntax import called, keyword
from frappe_celery.migration.check.tasks import TaskCode

_SAME_IN_A_BENCH = (
    *("rq.Callback", "rq.job.Callback", "rq.command.send_stop_job_command", "rq.registry"),
    *("rq.exceptions", "rq.timeouts", "rq.utils", "rq.logutils", "rq.version", "rq.VERSION"),
)
"""What the bench host replaces, or leaves: it is no way to RQ's data (`hosts/bench/seam`)."""


def find(code: TaskCode) -> Iterator[Hit]:
    """Imported names, and attributes of `rq`, that neither host has; and `depends_on`."""
    namespace = Namespace()
    for module in code.app.modules.values():
        if "rq" not in module.source and "depends_on" not in module.source:
            continue
        for node in ast.walk(module.tree):
            names: list[str] = []
            if isinstance(node, ast.ImportFrom):
                names = list(module.imported(node).values())
            elif isinstance(node, ast.Attribute) and module.full(node).startswith("rq."):
                names = [module.full(node)] if "rq" in module.imports else []
            for name in names:
                if (
                    name.startswith("rq.")
                    and not name.startswith(_SAME_IN_A_BENCH)
                    and not name.endswith("Error")
                    and not namespace.has(name)
                ):
                    yield hit(module, node, f"`{name}` is RQ's own.")
            given = keyword(node, "depends_on") if isinstance(node, ast.Call) else None
            if given is not None and called(node).startswith("enqueue"):
                yield hit(module, given, "Jobs do not depend on each other here.")


RULE = Rule(
    code="FC111",
    title="A name of RQ's that differs here",
    happens=(
        "It acts on RQ's queues, workers or keys in Redis, where no job of Celery's is: it finds"
        " nothing, or enqueues what no worker takes."
    ),
    instead=(
        "Use `frappe.enqueue`, `frappe.utils.background_jobs`, the doctypes RQ Job and RQ Worker;"
        " or `Queue`, `Worker`, `Job` and `get_current_job` of `rq`, which are led to Celery."
    ),
    bad="""
# tasks.py
from rq.decorators import job  # FC111

@job("default")
def sync():
    pass
""",
    good="""
# tasks.py
import frappe

def start():
    frappe.enqueue("myapp.tasks.sync")

def sync():
    pass
""",
    find=find,
)
