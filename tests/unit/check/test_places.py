"""Where a task can run: by the names that the standalone host really has."""

from __future__ import annotations

from pathlib import Path

import frappe
import pytest

from frappe_check import namespace
from tests.unit.check.apps import examined

HOOKS = """
# hooks.py
required_apps = ["frappe/erpnext"]
scheduler_events = {"daily": ["myapp.tasks.run"]}
"""


def needs(tmp_path: Path, tasks: str) -> list[tuple[str, str, int]]:
    """Names that the task `run` lacks without a bench, with file and line."""
    (task,) = examined(tmp_path, f"{HOOKS}# tasks.py\n{tasks}").tasks
    return [(need.name, need.path.name, need.line) for need in task.needs]


def test_a_task_that_needs_no_more_than_there_is(tmp_path: Path) -> None:
    source = """
import frappe
from frappe.model.document import Document
from frappe.utils import add_days, now_datetime

def run():
    frappe.db.set_value("Item", "a", "price", 1)
    frappe.utils.cint("1")
    frappe.flags.anything = frappe.local.anything
    add_days(now_datetime(), 1)
"""
    assert needs(tmp_path, source) == []


def test_names_are_found_where_they_are_used(tmp_path: Path) -> None:
    source = """
import frappe
from frappe.website.limiter import rate_limit
from frappe.utils.pdf import get_pdf
from frappe.website.utils import never_used

def run():
    helper()

@rate_limit(limit=1)
def helper():
    get_pdf("<p>")
    frappe.db.no_such_method()
    frappe.get_print("Order", "a")

def other():
    frappe.nothing_of_the_tasks()
"""
    assert needs(tmp_path, source) == [
        ("frappe.utils.pdf.get_pdf", "tasks.py", 13),
        ("frappe.db.no_such_method", "tasks.py", 14),
        ("frappe.get_print", "tasks.py", 15),
        ("frappe.website.limiter.rate_limit", "tasks.py", 11),
    ]


def test_what_a_save_runs_is_reached(tmp_path: Path) -> None:
    code = f"""{HOOKS}
doc_events = {{
    "*": {{"on_update": "myapp.events.told"}},
    "Memo": {{"on_trash": "myapp.events.gone"}},
}}
# tasks.py
import frappe

def run():
    frappe.get_doc({{"doctype": "Field Note", "text": "a"}}).insert().submit()
    note = frappe.get_doc("Memo", "a")
    note.delete()
    [1].insert(0, 2)
# events.py
import frappe

def told(doc, event):
    frappe.told()

def gone(doc, event):
    frappe.gone()
# crew/doctype/field_note/field_note.py
import frappe
from frappe.model.document import Document

class FieldNote(Document):
    def validate(self):
        frappe.validated()

    def on_submit(self):
        self.helper()

    def helper(self):
        frappe.submitted()

    def on_cancel(self):
        frappe.canceled()
"""
    (task,) = examined(tmp_path, code).tasks
    names = {need.name for need in task.needs}
    assert names == {"frappe.told", "frappe.gone", "frappe.validated", "frappe.submitted"}


def test_an_app_that_lies_beside_is_needed_of_no_bench(tmp_path: Path) -> None:
    source = "from erpnext.utils import balance\n\ndef run():\n    balance()\n"
    assert [name for name, *_ in needs(tmp_path, source)] == ["erpnext.utils.balance"]
    beside = tmp_path / "erpnext" / "hooks.py"
    beside.parent.mkdir()
    beside.touch()
    assert needs(tmp_path, source) == []


def test_imports_of_imported_modules_and_other_apps_count(tmp_path: Path) -> None:
    source = """
from typing import TYPE_CHECKING
from myapp.other import helper
if TYPE_CHECKING:
    from frappe.desk.nothing import Name
try:
    from frappe.desk.nothing import guarded
except ImportError:
    guarded = None

def run():
    helper()
# other.py
from erpnext.accounts.utils import get_balance_on

def helper():
    pass
"""
    assert needs(tmp_path, source) == [("erpnext.accounts.utils.get_balance_on", "other.py", 2)]


@pytest.mark.parametrize(
    "name",
    [
        *("frappe.get_doc", "frappe.db", "frappe.db.set_value", "frappe.utils.cint", "rq.Queue"),
        *("frappe.ValidationError", "frappe.utils.background_jobs.enqueue", "frappe._dict"),
        *("frappe.model.document.Document", "frappe.no_such_name", "frappe.utils.no_such_name"),
        *("frappe.db.no_such_name", "frappe.no.such.module", "frappe.utils.caching.redis_cache"),
        *("frappe.qb", "frappe.qb.from_", "frappe.query_builder.functions.Sum"),
        "frappe.query_builder.functions.no_such_function",
    ],
)
def test_the_namespace_is_read_as_it_is_imported(name: str) -> None:
    there = True
    thing: object = frappe
    if name.startswith("rq"):
        import rq as thing  # type: ignore[no-redef]
    for part in name.split(".")[1:]:
        try:
            thing = getattr(thing, part)
        except (AttributeError, ImportError):
            there = False
            break
    assert namespace.has(name) == there
