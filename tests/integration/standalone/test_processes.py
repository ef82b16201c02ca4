"""SQLite with several processes: tables made once, writers that wait, changes that are not lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.project import Project

TOGETHER = """
import sys, time
import frappe_celery, frappe
time.sleep(max(0, float(sys.argv[2]) - time.time()))
"""


def together(project: Project, code: str, count: int) -> list[str]:
    """Run `code` in processes that begin at the same moment; what each printed."""
    import time

    start = str(time.time() + 2)
    processes = [
        project.start(f"process{n}", "-c", TOGETHER + code, str(n), start) for n in range(count)
    ]
    for process in processes:
        assert process.wait() == 0, process.output()
    return [process.output().strip() for process in processes]


def test_the_first_use_by_many_makes_the_tables_once(project: Project) -> None:
    code = 'frappe.get_doc({"doctype": "Memo", "name": sys.argv[1]}).insert(); frappe.db.commit()'
    together(project, code, 8)
    found = project.python("import frappe_celery, frappe; print(frappe.db.count('Memo'))")
    assert found.strip() == "8"


def test_changes_to_one_document_are_not_lost(project: Project) -> None:
    project.python(
        """
        import frappe_celery, frappe
        frappe.get_doc({"doctype": "Memo", "name": "n"}).insert()
        frappe.db.commit()
        """
    )
    code = """
for number in range(20):
    frappe.db.set_value("Memo", "n", f"f{sys.argv[1]}_{number}", number)
    frappe.db.commit()
"""
    together(project, code, 4)
    found = project.python(
        """
        import frappe_celery, frappe
        fields = [key for key in frappe.get_doc("Memo", "n").as_dict() if key[0] == "f"]
        print(len(fields), frappe.db.count("Memo", {"f3_19": 19}))
        """
    )
    assert found.strip() == "80 1"


def test_numbers_of_a_series_are_given_once(project: Project) -> None:
    code = """
for _ in range(10):
    print(frappe.get_doc({"doctype": "Memo", "naming_series": "N-.####"}).insert().name)
    frappe.db.commit()
"""
    names = " ".join(together(project, code, 4)).split()
    assert sorted(names) == [f"N-{number:04}" for number in range(1, 41)]


def test_a_writer_waits_for_another_and_a_reader_does_not(project: Project, tmp_path: Path) -> None:
    has_read = tmp_path / "has read"
    holder = project.start(
        "holder",
        "-c",
        """
import pathlib, sys, time
import frappe_celery, frappe
frappe.get_doc({"doctype": "Memo", "name": "first"}).insert()
print("holding", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.02)
time.sleep(1)  # the writer waits meanwhile
frappe.db.commit()
""",
        str(has_read),
    )
    holder.wait_for("holding")
    found = project.python(
        """
        import pathlib, sys
        import frappe_celery, frappe
        print(frappe.db.exists("Memo", "first"))
        pathlib.Path(sys.argv[1]).touch()
        frappe.get_doc({"doctype": "Memo", "name": "second"}).insert()
        print(frappe.db.count("Memo"))
        """,
        str(has_read),
    )
    assert found.split() == ["None", "2"]


def test_a_lock_timeout_is_run_again(project: Project, monkeypatch: Any) -> None:
    from frappe_celery.config import sqlite
    from frappe_standalone.jobs import run

    project.python("import frappe_celery, frappe; frappe.db.count('Error Log')")
    monkeypatch.setattr(sqlite, "LOCK_SECONDS", 0.1)
    project.write(
        "myapp/notes.py",
        """
        import frappe

        def write():
            return frappe.get_doc({"doctype": "Memo"}).insert().owner
        """,
    )
    holder = project.start(
        "holder",
        "-c",
        """
import time
import frappe_celery, frappe
frappe.get_doc({"doctype": "Memo", "name": "first"}).insert()
print("holding", flush=True)
time.sleep(60)
""",
    )
    holder.wait_for("holding")
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 2:
            holder.kill()

    path = "myapp.notes.write"
    job = run.Run(project.site, "a@example.com", path, {}, path, path)
    assert run.execute(job, sleep=sleep) == "a@example.com"
    assert slept == [1, 2]
