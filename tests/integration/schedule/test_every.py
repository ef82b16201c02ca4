"""`@frappe_celery.every` in an app's task module: an entry as those of hooks.py."""

from __future__ import annotations

import sys

import pytest

from frappe_celery import every
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStore, hosts
from frappe_celery.schedule.cron import CronError
from tests.integration.cli import SITE, read, run
from tests.project import Project
from tests.waiting import wait_until

TASKS = """
from frappe_celery import every
from myapp.core import record


@every("*/5 * * * *")
def tidy():
    record("tidied")


@every("* * * * * *")
def often():
    record("often")
"""


@pytest.fixture
def store(project: Project, pool_store: JobStore) -> JobStore:
    project.write("myapp/tasks.py", TASKS)
    return pool_store


def rewrite(project: Project, text: str) -> None:
    """For this process, too, which has imported the module."""
    project.write("myapp/tasks.py", text)
    del sys.modules["myapp.tasks"]


def test_it_is_listed_with_the_entries_of_hooks(store: JobStore) -> None:
    rows = {row.method: row.frequency for row in hosts.current().schedule_rows(SITE)} or {}
    assert rows == {}  # before the first sync
    run("schedule", "sync")
    listed = {entry["method"]: entry for entry in read("schedule")}
    assert {"myapp.core.nightly", "myapp.tasks.tidy", "myapp.tasks.often"} <= listed.keys()
    assert "*/5 * * * *" in str(listed["myapp.tasks.tidy"])


def test_beat_fires_it(project: Project, store: JobStore) -> None:
    project.celery("beat")
    project.celery("worker", "-c", "1")
    wait_until(lambda: "often" in project.effects(), 30, "it fires")


def test_one_that_is_no_more_in_the_module_is_no_more_in_the_schedule(
    project: Project, store: JobStore
) -> None:
    run("schedule", "sync")
    assert "myapp.tasks.tidy" in str(read("schedule"))
    rewrite(project, "")
    run("schedule", "sync")
    assert "myapp.tasks.tidy" not in str(read("schedule"))


def test_a_module_that_cannot_be_imported_keeps_the_schedule_as_it_is(
    project: Project, store: JobStore
) -> None:
    run("schedule", "sync")
    rewrite(project, "import nothing_there  # every")
    said = run("schedule", "sync", code=1)
    assert "myapp.tasks cannot be imported: ModuleNotFoundError" in said.output
    assert "myapp.tasks.tidy" in {row.method for row in hosts.current().schedule_rows(SITE)}


def test_what_is_no_cron_expression_is_refused() -> None:
    with pytest.raises(CronError):
        every("five minutes")
    with pytest.raises(CronError, match="never fires"):
        every("0 0 30 2 *")


def test_in_a_bench_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "is_bench", lambda: True)
    with pytest.raises(ConfigError, match="Name the method in scheduler_events"):
        every("* * * * *")
