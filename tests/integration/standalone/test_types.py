"""mypy knows `import frappe` by the one line that docs/standalone.md has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rooms import HERE as ROOT
from tests.stubs import STUBS

APP = """
import frappe
from frappe.model.document import Document
from frappe.utils import cint, now_datetime
from frappe.utils.background_jobs import enqueue

reveal_type(frappe.enqueue("a.b", queue="long", x=1))
reveal_type(enqueue(cint, enqueue_after_commit=True))
reveal_type(frappe.enqueue("a.b", now=True))
reveal_type(frappe.new_doc("Note"))
reveal_type(frappe.get_doc("Note", "x"))
reveal_type(now_datetime())


class Note(Document):
    def validate(self) -> None:
        self.title = frappe.db.get_value("Note", self.name, "title") or frappe.session.user


frappe.get_print("Note", "x")
frappe.enqueue(1)
"""
REVEALED = [
    "frappe_celery.jobs.job.Job | None",
    "frappe_celery.jobs.job.Job | None",
    "Any",
    "frappe_standalone.documents.document.Document",
    "frappe_standalone.documents.document.Document",
    "datetime.datetime",
]


@pytest.mark.timeout(600)
def test_mypy_knows_frappe(tmp_path: Path) -> None:
    line = re.search(r"mypy_path = .*", (ROOT / "docs" / "standalone.md").read_text())
    assert line is not None
    (tmp_path / "pyproject.toml").write_text(f"[tool.mypy]\nstrict = true\n{line[0]}\n")
    shared = tmp_path / ".venv" / "share" / "frappe_celery"  # where an install puts them
    shared.mkdir(parents=True)
    (shared / "stubs").symlink_to(STUBS)
    (tmp_path / "app.py").write_text(APP)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "app.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert re.findall(r'Revealed type is "(.*)"', done.stdout) == REVEALED, (
        done.stdout + done.stderr
    )
    errors = [each for each in done.stdout.splitlines() if ": error:" in each]
    assert len(errors) == 2, done.stdout
    assert 'Module has no attribute "get_print"' in errors[0]
    assert 'No overload variant of "enqueue" matches argument type "int"' in errors[1]


def test_an_install_puts_the_stubs_where_that_line_says() -> None:
    settings = (ROOT / "pyproject.toml").read_text()
    assert '"stubs" = "share/frappe_celery/stubs"' in settings
