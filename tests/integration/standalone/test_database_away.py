"""A database that is away: jobs that have not begun wait, and begin once it is back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore, get_store
from frappe_celery.jobs.limits.outages import outages
from frappe_standalone.site.context import init
from tests.conftest import running
from tests.project import Project
from tests.servers import MariaDBServer, PostgresServer, Server, folder_for
from tests.waiting import wait_until

SITES = ("site1.localhost", "site2.localhost")
TASKS = """
import os
import time
from pathlib import Path
from myapp.tasks import record
import frappe

def write(number):
    record(f"began {number}")
    frappe.get_doc({"doctype": "Memo", "title": str(number)}).insert()
    record(f"ended {number}")

def die_at(path):
    record("began")
    while not Path(path).exists():
        time.sleep(0.05)
    os._exit(1)

def tell():
    record("told")
"""


@pytest.fixture(params=["mariadb", "postgres"])
def database(request: pytest.FixtureRequest, installed: Path) -> Iterator[Server]:
    """A server of this test's own."""
    kept = installed / f"{request.param}_installed"
    if request.param == "mariadb":
        server: MariaDBServer | PostgresServer = MariaDBServer(folder_for("mariadb"), kept)
    else:
        server = PostgresServer(kept)
    for own in running(server):
        own.sql("create database jobs")
        yield own
    shutil.rmtree(server.folder, ignore_errors=True)


def enqueue_on_each(numbers: range, **options: Any) -> None:
    for number in numbers:
        init(SITES[number % 2])
        enqueue("myapp.writing.write", number=number, **options)


def finished(store: JobStore) -> int:
    return store.counts()[JobStatus.FINISHED]


def test_doctor_names_sites_whose_database_stands_still(project: Project, database: Server) -> None:
    project.write(f"sites/{SITES[1]}/site_config.json", "{}")
    database.pause()
    try:
        url = {"DATABASE_URL": database.url("jobs")}
        doctor = project.start("doctor", "-m", "frappe_celery.cli", "doctor", **url)
        assert doctor.wait(30) == 2
    finally:
        database.resume()
    said = " ".join(doctor.output().split())
    for site in SITES:
        assert f"the database of site {site} does not answer" in said


@pytest.mark.parametrize("database", ["mariadb"], indirect=True)  # all of it stands still
def test_beat_sets_the_sites_of_a_silent_server_aside(project: Project, database: Server) -> None:
    """One line for each, of the process that has seen it; a look without an end is no failure."""
    project.write("myapp/writing.py", TASKS)
    project.write(f"sites/{SITES[1]}/site_config.json", "{}")
    url = {"DATABASE_URL": database.url("jobs")}
    project.write("myapp/hooks.py", 'scheduler_events = {"monthly": ["myapp.tasks.record"]}')
    worker, beat = project.worker("-c", "2", **url), project.beat(**url)
    store = get_store()
    wait_until(lambda: beat.output().count("first start") == 2, 60, "beat has read the rows")
    database.pause()
    try:
        wait_until(lambda: len(outages(store)) == 2, 60, "both sites are set aside")
        enqueue_on_each(range(10), timeout=2)
        wait_until(lambda: sum(o.waiting for o in outages(store)) >= 8, 30, "all are set aside")
        assert store.counts()[JobStatus.FAILED] == 0
    finally:
        database.resume()
    wait_until(lambda: finished(store) == 10, 90, "all have ended")
    assert not outages(store)
    for site in SITES:
        said = f"the database of site {site} is away: it does not answer"
        assert beat.output().count(said) == 1
        assert not re.search(f"ERROR.*database of site {site} is away", worker.output())
        assert (beat.output() + worker.output()).count(f"of site {site} is back") == 1
        assert f"site {site}: its schedule can be read again" not in beat.output()


@pytest.mark.parametrize("broker", ["redis", "rabbitmq"], indirect=True)
def test_jobs_that_have_not_begun_wait_until_it_is_back(project: Project, database: Server) -> None:
    project.write("myapp/writing.py", TASKS)
    project.write(f"sites/{SITES[1]}/site_config.json", "{}")
    url = {"DATABASE_URL": database.url("jobs")}
    worker = project.worker("-c", "2", **url)
    store = get_store()
    enqueue_on_each(range(2))
    wait_until(lambda: finished(store) == 2, 60, "a job of each site has ended")

    database.kill()
    enqueue_on_each(range(2, 32))
    wait_until(lambda: len(outages(store)) == 2, 30, "both sites are set aside")
    wait_until(lambda: store.counts()[JobStatus.QUEUED] == 30, 30, "all wait")
    wait_until(lambda: sum(o.waiting for o in outages(store)) >= 29, 30, "all are set aside")
    database.start()

    wait_until(lambda: finished(store) == 32, 90, "all have ended")
    assert store.counts()[JobStatus.FAILED] == 0
    assert not outages(store)
    began = [line for line in project.effects() if line.startswith("began")]
    assert sorted(began) == sorted(f"began {number}" for number in range(32))
    for site in SITES:
        assert len(re.findall(f"ERROR.*the database of site {site} is away", worker.output())) == 1
        assert worker.output().count(f"the database of site {site} is back") == 1


def test_what_follows_a_job_whose_process_died_waits_too(
    project: Project, database: Server, tmp_path: Path
) -> None:
    project.write("myapp/writing.py", TASKS)
    project.worker(DATABASE_URL=database.url("jobs"))
    store, path = get_store(), tmp_path / "die"
    enqueue("myapp.writing.die_at", path=str(path), on_failure="myapp.writing.tell")
    wait_until(lambda: project.effects() == ["began"], 60, "it has begun")
    database.kill()
    path.touch()
    wait_until(lambda: sum(o.waiting for o in outages(store)) == 1, 30, "what follows waits")
    database.start()
    wait_until(lambda: "told" in project.effects(), 60, "its on_failure is told")
    wait_until(lambda: not (store.counts()[JobStatus.QUEUED] + store.counts()[JobStatus.STARTED]))
    assert project.effects() == ["began", "told"]
    failed = store.page(statuses=[JobStatus.FAILED])
    assert [job.method for job in failed] == ["myapp.writing.die_at"]
    assert not outages(store)
