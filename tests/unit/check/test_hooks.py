"""hooks.py by its text, and by importing it where that does not tell."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.check.apps import examined

TASKS = "# tasks.py\ndef run(): pass\ndef other(): pass\n"


@pytest.fixture(autouse=True)
def not_imported_yet() -> Iterator[None]:
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "myapp":
            del sys.modules[name]


def scheduled(tmp_path: Path, hooks: str, *, import_hooks: bool = False) -> dict[str, list[str]]:
    report = examined(tmp_path, f"# hooks.py\n{hooks}\n{TASKS}", import_hooks=import_hooks)
    assert ("FC002" in report.by_code) == (hooks in BUILT and not import_hooks)
    return {task.function.node.name: [way.event for way in task.ways] for task in report.tasks}


@pytest.mark.parametrize(
    "hooks",
    [
        'scheduler_events = {"daily": "myapp.tasks.run"}',
        'scheduler_events = {"daily": ["myapp.tasks.run"]}',
        'plan = ["myapp.tasks.run"]\nscheduler_events = {"daily": plan}',
        'word = "daily"\nscheduler_events = {word: ["myapp.tasks.run"]}',
        'more = {"daily": ["myapp.tasks.run"]}\nscheduler_events = {**more}',
        'scheduler_events = {"daily": [] + ["myapp.tasks.run"]}',
        'scheduler_events = {}\nscheduler_events |= {"daily": ["myapp.tasks.run"]}',
    ],
)
def test_what_the_text_says(hooks: str, tmp_path: Path) -> None:
    assert scheduled(tmp_path, hooks) == {"run": ["daily"]}


BUILT = [
    'scheduler_events = {"daily": [f"myapp.tasks.{name}" for name in ("run",)]}',
    'scheduler_events = {"daily": []}\nscheduler_events["daily"].append("myapp.tasks.run")',
    'scheduler_events = dict(daily=["myapp.tasks.run"])',
    'scheduler_events = {"daily": []}\nscheduler_events["daily"] += ["myapp.tasks.run"]',
    'scheduler_events = {}\nif True:\n    scheduler_events["daily"] = "myapp.tasks.run"',
]


@pytest.mark.parametrize("hooks", BUILT)
def test_what_code_builds(hooks: str, tmp_path: Path) -> None:
    assert scheduled(tmp_path / "text", hooks) == {}
    assert "myapp" not in sys.modules
    assert scheduled(tmp_path / "import", hooks, import_hooks=True) == {"run": ["daily"]}


def test_an_import_that_fails_says_why(tmp_path: Path) -> None:
    hooks = "# hooks.py\nimport nothing_of_that_name\nscheduler_events = dict()\n"
    report = examined(tmp_path, hooks, import_hooks=True)
    assert report.by_code == {"FC002": 1}
    assert "nothing_of_that_name" in report.findings[0].what


def test_ways_to_become_a_job(tmp_path: Path) -> None:
    report = examined(
        tmp_path,
        """
# hooks.py
scheduler_events = {"cron": {"0 9 * * *": ["myapp.tasks.by_cron"]}}
# tasks.py
from frappe import enqueue

def by_cron():
    enqueue("myapp.tasks.by_text", at_front=True)
    enqueue(method=by_name)
    frappe.get_doc({"doctype": "Scheduled Job Type", "method": "myapp.tasks.by_row"}).insert()

def by_text(): pass
def by_name(): pass
def by_row(): pass
def by_nobody(): pass
# sales/doctype/order/order.py
class Order(Document):
    def start(self):
        self.queue_action("work", timeout=60)
        frappe.enqueue_doc(self.doctype, self.name, "later")

    def _work(self): pass
    def later(self): pass
""",
    )
    assert {task.function.node.name: str(task.ways[0]) for task in report.tasks} == {
        "by_cron": "scheduled (0 9 * * *)",
        "by_text": "enqueued",
        "by_name": "enqueued",
        "by_row": "scheduled",
        "_work": "enqueued",
        "later": "enqueued",
    }
