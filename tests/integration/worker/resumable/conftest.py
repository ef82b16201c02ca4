"""A project whose jobs go on, on a database of its own."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator

import pytest

from frappe_celery.jobs import JobStore
from tests.integration.benches import inside
from tests.integration.stores import broken
from tests.integration.worker.resumable.methods import METHODS
from tests.project import Project
from tests.servers import MariaDBServer, PostgresServer
from tests.waiting import wait_until

Counts = Callable[[], dict[str, int]]

COUNTS = """
import json, frappe_celery, frappe
frappe.connect()
rows = frappe.db.sql("select defkey, defvalue from tabDefaultValue where defkey like 'item %'")
print(json.dumps({key[5:]: int(value) for key, value in rows}))
"""
LEFT = """
import frappe_celery, frappe
frappe.connect()
print(frappe.db.sql("select count(*) from frappe_celery_each")[0][0])
"""


@pytest.fixture
def kind() -> str:
    """Of database; a test may say others."""
    return "sqlite"


@pytest.fixture
def database(request: pytest.FixtureRequest, kind: str) -> dict[str, str]:
    """The environment that names one of its own."""
    if kind == "sqlite":
        return {}
    server: MariaDBServer | PostgresServer = request.getfixturevalue(f"{kind}_server")
    name = f"each_{uuid.uuid4().hex[:8]}"
    server.sql(f"create database {name}")
    return {"DATABASE_URL": server.url(name)}


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    """The project's jobs; at the end all that Redis holds must agree."""
    project.write("myapp/going.py", METHODS)
    with inside(project) as store:
        yield store
        # it is let go of once what it remembered has gone, after its end
        wait_until(lambda: broken(store) == [], what="all that Redis holds agrees")


@pytest.fixture
def counts(project: Project, database: dict[str, str]) -> Counts:
    """How often each item's work was committed."""
    return lambda: json.loads(project.python(COUNTS, **database).splitlines()[-1])


@pytest.fixture
def rows_left(project: Project, database: dict[str, str]) -> Callable[[], int]:
    """How many rows jobs have left behind."""
    return lambda: int(project.python(LEFT, **database).splitlines()[-1])
