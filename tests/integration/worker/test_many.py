"""Jobs of `enqueue_many` under real workers, on both brokers; and callers that are killed in it."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator

import pytest

from frappe_celery import enqueue_many
from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus, JobStore, get_store
from tests.brokers import both_brokers
from tests.integration.benches import worker
from tests.integration.jobs.test_encryption import everything
from tests.integration.stores import broken
from tests.project import Project
from tests.servers import MariaDBServer, PostgresServer
from tests.waiting import HANG_SECONDS, wait_until

METHOD = "myapp.tasks.record"
STEP = 66
"""Jobs with ids of their own in a step."""
CALLER = """
import os, signal, sys
import frappe_celery
import frappe
from frappe_celery import enqueue_many
from frappe_celery.jobs.outbox import at_commit

frappe.connect()
number, ending = int(sys.argv[1]), sys.argv[2]

def entries():
    for n in range(number):
        if ending == "dies in the middle" and n == number - 50:
            os.kill(os.getpid(), signal.SIGKILL)
        yield {"text": str(n), "job_id": str(n)}

if ending == "dies after the commit":
    at_commit._publish = lambda held: os.kill(os.getpid(), signal.SIGKILL)
print("begins", flush=True)
if ending.endswith("commit"):
    frappe.db.set_default("caller", "was here")
enqueue_many("myapp.tasks.record", entries(), enqueue_after_commit=ending.endswith("commit"))
frappe.db.rollback() if ending.startswith("no") else frappe.db.commit()
"""


@both_brokers
@pytest.mark.parametrize("encrypt", [False, True])
def test_all_run_in_their_order(project: Project, encrypt: bool) -> None:
    project.configure(frappe_celery_encrypt=encrypt)
    settings.use(None)
    texts = [f"text-{n}" for n in range(250)]
    jobs = enqueue_many(METHOD, ({"text": text} for text in texts))
    store = get_store()
    seen = any(b"text-249" in found for found in everything(store.client))
    assert seen is not encrypt
    front = enqueue_many(METHOD, [{"text": "first"}], at_front=True)
    worker(project)
    wait_until(lambda: store.counts()[JobStatus.FINISHED] == 251, 20, "all have run")
    assert project.effects() == ["first", *texts]
    assert [job.get_status() for job in (*front, jobs[0], jobs[249])] == [JobStatus.FINISHED] * 3
    last = jobs[249]
    last.refresh()
    assert last.result == "text-249"
    assert broken(store) == []


@both_brokers
def test_a_step_has_gone_when_the_generator_is_read_on(project: Project) -> None:
    store = get_store()
    outbox = store.forwarder

    def waiting() -> int:
        return outbox.waiting("default") if outbox else store.counts()[JobStatus.QUEUED]

    def entries() -> Iterator[dict[str, str]]:
        yield from ({"text": str(n)} for n in range(101))
        wait_until(lambda: waiting() == 100, HANG_SECONDS, "they wait where workers take them")

    store.client.script_flush()
    enqueue_many(METHOD, entries())


def ran_once(project: Project, store: JobStore, number: int) -> None:
    """The first ones, and no other, run by a worker that comes later."""
    assert store.counts()[JobStatus.QUEUED] == number
    assert broken(store) == []
    worker(project)
    wait_until(lambda: store.counts()[JobStatus.FINISHED] == number, 20, "all have run")
    assert Counter(project.effects()) == Counter(str(n) for n in range(number))


@both_brokers
def test_of_a_caller_that_is_killed_whole_steps_are_there(project: Project) -> None:
    caller = project.start("caller", "-c", CALLER, "300", "dies in the middle")
    assert caller.popen.wait(60) == -signal.SIGKILL
    ran_once(project, get_store(), 3 * STEP)


@both_brokers
def test_of_a_caller_that_is_killed_anywhere_none_is_half_there(project: Project) -> None:
    store = get_store()
    caller = project.start("caller", "-c", CALLER, "1000000", "is killed")
    wait_until(lambda: store.counts()[JobStatus.QUEUED] >= 300, 60, "some are enqueued")
    caller.popen.kill()
    caller.popen.wait()
    waiting = store.counts()[JobStatus.QUEUED]
    assert waiting % STEP == 0
    ran_once(project, store, waiting)


@pytest.fixture(params=["sqlite", "mariadb", "postgres"])
def database(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment that names it."""
    if request.param == "sqlite":
        return {}
    server: MariaDBServer | PostgresServer = request.getfixturevalue(f"{request.param}_server")
    name = f"many_{abs(hash(request.node.name)) % 10**8}"
    server.sql(f"create database {name}")
    return {"DATABASE_URL": server.url(name)}


@pytest.mark.parametrize(
    ("ending", "ran"), [("commit", 250), ("no commit", 0), ("dies after the commit", 250)]
)
def test_by_the_outbox_all_run_once_or_none(
    project: Project, database: dict[str, str], ending: str, ran: int
) -> None:
    from tests.integration.outbox.test_outbox import is_drained, start

    store = start(project, database)
    project.start("caller", "-c", CALLER, "250", ending, **database).popen.wait(60)
    project.start("caller", "-c", CALLER, "1", "commit", **database).popen.wait(60)  # another
    wait_until(lambda: is_drained(store), 60, "no row is left")
    wait_until(lambda: store.counts()[JobStatus.FINISHED] == ran + 1, 20, "all have run")
    texts = Counter(str(n) for n in range(ran))
    assert Counter(project.effects()) == texts + Counter(["0"])
