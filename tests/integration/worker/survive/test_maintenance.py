"""What one worker does for all: one leads, another follows it, and each step fails by itself."""

from __future__ import annotations

from frappe_celery.jobs import JobStore
from tests.integration.benches import worker
from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until

PAST = "there|default|finished\na-run-of-long-ago"


def leads(store: JobStore, process: Process) -> bool:
    return f":{process.pid}:" in (store.client.get(store.keys.maintainer) or b"").decode()


def what_is_past_goes(store: JobStore) -> None:
    store.client.zadd(store.keys.expiring, {PAST: 1})
    wait_until(lambda: not store.client.exists(store.keys.expiring), HANG_SECONDS, "it has gone")


def test_another_takes_over_from_one_that_was_killed(project: Project, store: JobStore) -> None:
    first = worker(project)
    wait_until(lambda: leads(store, first), what="the only one leads")
    second = worker(project, "-Q", "long")
    what_is_past_goes(store)
    assert leads(store, first)
    first.kill()
    what_is_past_goes(store)
    assert leads(store, second)


def test_a_step_that_fails_keeps_none_of_the_others_from_their_work(
    project: Project, store: JobStore
) -> None:
    store.client.set(store.keys.noted, "no minute")
    process = worker(project)
    process.wait_for("History: ")
    what_is_past_goes(store)
    assert "Expiry: " not in process.output()
