"""A job whose own code caught that something of Frappe's is not there: finished, and told of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from frappe_celery import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import ended, inside, worker
from tests.integration.cli import read, run
from tests.project import Project

TASKS = """
import frappe
from frappe.desk import gone

def attribute():
    try:
        frappe.not_there("x")
    except Exception:
        frappe.log_error("attribute")

def imported():
    try:
        gone.by_call()
    except Exception:
        pass

def imported_within():
    try:
        from frappe.desk.form.gone import missing
        missing()
    except Exception:
        pass

def with_another_way():
    hasattr(frappe, "not_there"), getattr(frappe, "not_there", None), hasattr(gone, "x")
    hasattr(frappe.db, "not_there"), hasattr(frappe.local, "role_permissions")
    try:
        from frappe.desk.form.gone import missing
    except ImportError:
        pass

def not_caught():
    frappe.not_there("x")
"""


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    project.write("myapp/lacking.py", TASKS)
    with inside(project) as store:
        yield store


def test_what_was_caught_is_told_in_record_list_log_and_doctor(
    project: Project, store: JobStore
) -> None:
    started = worker(project)
    lacked = {}
    for name in ("attribute", "imported", "imported_within", "with_another_way"):
        job = ended(enqueue(f"myapp.lacking.{name}"))
        assert job.status == JobStatus.FINISHED, job.exc_info
        lacked[name] = job.lacked
    assert lacked == {
        "attribute": ["frappe.not_there"],
        "imported": ["frappe.desk.gone.by_call"],
        "imported_within": ["frappe.desk"],
        "with_another_way": [],
    }
    failed = ended(enqueue("myapp.lacking.not_caught"))
    assert (failed.status, failed.lacked) == (JobStatus.FAILED, [])
    warned = [line for line in started.output().splitlines() if "its code caught" in line]
    assert len(warned) == 3
    assert "WARNING" in warned[0]
    assert "myapp.lacking.attribute[" in warned[0]
    assert "caught that: frappe.not_there (" in warned[0]
    assert "lacked frappe.not_there" in run("jobs", "list").output
    (about,) = read("jobs", "list", "--method", "myapp.lacking.attribute")
    assert about["lacked"] == ["frappe.not_there"]
    assert "only a Frappe site has that" in run("jobs", "show", about["id"]).output
    found = read("doctor", code=2)["sections"]["what jobs lacked"]
    (problem,) = found["findings"]
    assert problem["level"] == "problem"
    assert "myapp.lacking.attribute lacks frappe.not_there" in problem["text"]
    assert "with_another_way" not in problem["text"]
