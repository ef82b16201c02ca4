"""Sections 10 to 12 of the research document: what is wrong is found, what is right passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.check.apps import examined, found

SNIPPETS = Path(__file__).parents[2] / "fixtures" / "snippets"


def daily(method: str) -> str:
    """A hooks.py that makes a task of what the document only calls one."""
    return f'# hooks.py\nscheduler_events = {{"daily": ["myapp.tasks.{method}"]}}\n'


def codes(tmp_path: Path, snippet: str, hooks: str = "", after: str = "") -> list[tuple[str, str]]:
    """What is found, with the source of the line."""
    source = (SNIPPETS / f"{snippet}.py").read_text()
    report = examined(tmp_path, f"{hooks}# tasks.py\n{source}\n{after}")
    lines = {
        "tasks.py": (tmp_path / "myapp" / "tasks.py").read_text().splitlines(),
        "hooks.py": hooks.splitlines(),
    }
    return [(code, lines[file][number - 1].strip()) for file, number, code in sorted(found(report))]


@pytest.mark.parametrize("snippet", ["dos", "job_id_v15"])
def test_what_is_recommended_passes(snippet: str, tmp_path: Path) -> None:
    assert codes(tmp_path, snippet, after="def import_data(doc_name): ...") == []


def test_section_10_donts(tmp_path: Path) -> None:
    assert codes(tmp_path, "donts", daily("quick_task")) == [
        ("FC105", "frappe.db.commit()  # not needed, the framework does it"),
        ("FC108", 'frappe.enqueue(..., job_name="my-job")'),
    ]


def test_section_11_v14s_deduplication(tmp_path: Path) -> None:
    wrong = [
        ("FC108", 'enqueued_jobs = [d.get("job_name") for d in get_info()]'),
        ("FC108", "frappe.enqueue(..., job_name=self.name)"),
    ]
    assert codes(tmp_path / "old", "job_name_v14") == wrong
    assert codes(tmp_path / "both", "migration") == wrong


def test_section_12_infinite_retry(tmp_path: Path) -> None:
    source = (SNIPPETS / "infinite_retry.py").read_text().replace("myapp.", "myapp.tasks.")
    report = examined(tmp_path, f"# tasks.py\n{source}")
    assert [code for _, _, code in found(report)] == ["FC102"]


def test_section_12_no_error_handling(tmp_path: Path) -> None:
    wrong, right = (SNIPPETS / "no_error_handling.py").read_text().split("# right")
    hooks = daily("process_all")
    report = examined(tmp_path / "wrong", f"{hooks}# tasks.py\n{wrong}")
    assert [code for _, _, code in found(report)] == ["FC103"]
    assert found(examined(tmp_path / "right", f"{hooks}# tasks.py\n# right{right}")) == set()


def test_section_12_blocking_wait(tmp_path: Path) -> None:
    # the document's functions are in the app itself, this one in its tasks
    source = (SNIPPETS / "blocking_wait.py").read_text().replace("myapp.", "other.")
    report = examined(tmp_path, f"# tasks.py\n{source}")
    assert [code for _, _, code in found(report)] == ["FC104"]


def test_section_12_heavy_processing(tmp_path: Path) -> None:
    events = '# hooks.py\nscheduler_events = {"all": ["myapp.tasks.process_millions_of_records"]}\n'
    wrong = """# tasks.py
def process_millions_of_records():
    for name in frappe.get_all("Record", pluck="name"):
        try:
            frappe.get_doc("Record", name).save()
        except Exception:
            frappe.log_error()
"""
    right = (
        wrong.replace("process_millions_of_records", "process_millions")
        + """
def every_tick():
    frappe.enqueue("myapp.tasks.process_millions", queue="long")
"""
    )
    assert {code for *_, code in found(examined(tmp_path / "wrong", events + wrong))} == {"FC101"}
    good = examined(
        tmp_path / "right", events.replace("process_millions_of_records", "every_tick") + right
    )
    assert found(good) == set()
