"""Jobs that PostgreSQL has run again: one row that all change, and locks that cross."""

from __future__ import annotations

from itertools import count

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus
from tests.integration.benches import all_ended, inside
from tests.project import Project
from tests.servers import PostgresServer

_numbers = count(1)
TASKS = """
import time
import frappe
from myapp.tasks import record

def meet(at, many):
    record(f"{at} began")
    until = time.monotonic() + 10
    while time.monotonic() < until:
        lines = open("effects.txt").read().splitlines()
        if lines.count(f"{at} began") >= many:
            return
        time.sleep(0.01)

def count():
    number = frappe.db.get_value("Counter", "one", "number")
    meet("count", 3)
    frappe.db.set_value("Counter", "one", "number", number + 1)

def cross(first, second):
    frappe.db.set_value("Counter", first, "number", 1)
    meet("cross", 2)
    frappe.db.set_value("Counter", second, "number", 1)
"""


ISOLATIONS = ["repeatable read", "serializable"]


@pytest.fixture(params=ISOLATIONS)
def database(
    request: pytest.FixtureRequest, project: Project, postgres_server: PostgresServer
) -> dict[str, str]:
    """The environment that names it; it has two rows."""
    name = f"reruns{next(_numbers)}"
    postgres_server.sql(f"create database {name}")
    isolation = f"default_transaction_isolation = '{request.param}'"
    postgres_server.sql(f"alter database {name} set {isolation}")
    project.write("myapp/racing.py", TASKS)
    found = {"DATABASE_URL": postgres_server.url(name)}
    made = "; ".join(
        f"frappe.get_doc({{'doctype': 'Counter', 'name': '{row}', 'number': 0}}).insert()"
        for row in ("one", "two")
    )
    ask(project, found, f"{made}; frappe.db.commit()")
    return found


def ask(project: Project, database: dict[str, str], code: str) -> str:
    begin = "import frappe_celery, frappe; frappe.connect(); "
    return project.python(begin + code, **database).strip()


def test_six_that_read_wait_and_write_one_row_all_count(
    project: Project, database: dict[str, str]
) -> None:
    with inside(project):
        project.worker("-c", "3", **database)
        jobs = [enqueue("myapp.racing.count") for _ in range(6)]
        assert all_ended(jobs, 120) == [JobStatus.FINISHED] * 6
    shown = "print(frappe.db.get_value('Counter', 'one', 'number'))"
    assert ask(project, database, shown) == "6"
    assert len(project.effects()) > 6, "none was run again: they did not meet"


def test_four_that_lock_crosswise_all_finish(project: Project, database: dict[str, str]) -> None:
    with inside(project):
        project.worker("-c", "2", **database)
        ways = [("one", "two"), ("two", "one")] * 2
        jobs = [enqueue("myapp.racing.cross", first=a, second=b) for a, b in ways]
        assert all_ended(jobs, 120) == [JobStatus.FINISHED] * 4
    assert len(project.effects()) > 4, "none was run again: they did not cross"
