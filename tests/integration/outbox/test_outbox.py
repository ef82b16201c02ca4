"""A job that is enqueued after commit with the outbox on: once for each commit, whatever dies."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus, JobStore, get_store
from frappe_celery.jobs.outbox.relay import states
from tests.integration.benches import inside
from tests.project import Process, Project
from tests.servers import MariaDBServer, PostgresServer, RedisServer
from tests.waiting import wait_until
from tests.warm import WarmPython

CALLER = """
import os, signal, sys
import frappe_celery
import frappe
from frappe_celery.jobs.outbox import at_commit

frappe.connect()
first, last, ending = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if ending == "dies after the commit":
    at_commit._publish = lambda held: os.kill(os.getpid(), signal.SIGKILL)
for number in range(first, last):
    frappe.db.set_default(f"caller {number}", "was here")
    if ending == "savepoint":
        frappe.db.savepoint("here")
        frappe.enqueue("myapp.tasks.record", text="taken back", enqueue_after_commit=True)
        frappe.db.rollback(save_point="here")
    frappe.enqueue("myapp.tasks.record", text=str(number), enqueue_after_commit=True)
    if ending == "dies before the commit":
        os.kill(os.getpid(), signal.SIGKILL)
    if ending == "rollback":
        frappe.db.rollback()
    else:
        frappe.db.commit()
"""


@pytest.fixture(scope="module", params=["sqlite", "mariadb", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Of database."""
    return str(request.param)


def make_database(request: pytest.FixtureRequest, kind: str) -> dict[str, str]:
    """The environment that names it."""
    if kind == "sqlite":
        return {}
    server: MariaDBServer | PostgresServer = request.getfixturevalue(f"{kind}_server")
    name = f"outbox_{uuid.uuid4().hex[:8]}"
    server.sql(f"create database {name}")
    return {"DATABASE_URL": server.url(name)}


@pytest.fixture(scope="module")
def database(request: pytest.FixtureRequest, kind: str) -> dict[str, str]:
    return make_database(request, kind)


@pytest.fixture(scope="module")
def shop(
    tmp_path_factory: pytest.TempPathFactory,
    redis_url: str,
    warm: WarmPython,
    database: dict[str, str],
) -> Iterator[Project]:
    """A project with a worker, on a database."""
    shop = Project(tmp_path_factory.mktemp("shop") / "project", redis_url, warm)
    with inside(shop):
        start(shop, database)
    yield shop
    shop.close()


def call(project: Project, database: dict[str, str], *words: object) -> Process:
    return project.start("caller", "-c", CALLER, *map(str, words), **database)


def start(project: Project, database: dict[str, str]) -> JobStore:
    project.configure(frappe_celery_outbox=True)
    project.worker(**database)
    store = get_store()
    wait_until(lambda: states(store), 30, "the relay has made the table")
    return store


def is_drained(store: JobStore) -> bool:
    (state,) = states(store)
    marks = store.keys.outbox_marks(state.site)
    return state.waiting == 0 and not store.client.zcount(marks, 0, 0)


@pytest.mark.parametrize(
    ("ending", "ran"),
    [
        ("commit", ["0", "1", "2"]),
        ("rollback", []),
        ("savepoint", ["0", "1", "2"]),
        ("dies before the commit", []),
        ("dies after the commit", ["0"]),
    ],
)
def test_each_commit_has_its_job(
    shop: Project, database: dict[str, str], ending: str, ran: list[str]
) -> None:
    so_far = len(shop.effects())

    def effects() -> list[str]:
        return shop.effects()[so_far:]

    with inside(shop) as store:
        call(shop, database, 0, 3, ending).popen.wait(30)
        call(shop, database, 10, 11, "commit").popen.wait(30)  # whoever comes later
        wait_until(lambda: "10" in effects(), 30, "the later one runs")
        wait_until(lambda: {*ran} <= {*effects()}, 30, "all that were committed run")
        wait_until(lambda: is_drained(store), 30, "no row is left")
        assert sorted(effects()) == sorted([*ran, "10"])
        assert store.counts()[JobStatus.FAILED] == 0


def test_while_the_redis_is_away_no_commit_fails(
    project: Project, kind: str, own_redis: RedisServer, request: pytest.FixtureRequest
) -> None:
    database = make_database(request, kind)
    project.configure(redis_queue=own_redis.url)
    settings.use(None)
    store = start(project, database)
    own_redis.kill()
    caller = call(project, database, 0, 20, "commit")
    assert caller.popen.wait(30) == 0, caller.output()
    assert caller.output().count("waits in the sites' outboxes") == 1
    own_redis.start()
    wait_until(lambda: len(project.effects()) == 20, 30, "all run")
    wait_until(lambda: is_drained(store), 30, "no row is left")
    assert project.effects() == [str(number) for number in range(20)], "in their order, once"
