"""`frappe_celery.cancel`, `requeue` and `delete`: many jobs at once, by what they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

import frappe_celery
from frappe_celery import by_filter
from frappe_celery.errors import ConfigError, UnknownQueue
from frappe_celery.jobs import Job, JobStatus, JobStore, hosts
from frappe_celery.jobs.hosts import ADMINISTRATOR
from tests.integration.stores import broken, let_go, started, take_all
from tests.project import Project


@pytest.fixture
def store(pool_store: JobStore) -> Iterator[JobStore]:
    yield pool_store
    assert not broken(pool_store)


def some(number: int, method: str = "myapp.core.record", **said: str) -> list[Job]:
    return [frappe_celery.enqueue(method, text=str(n), **said) for n in range(number)]  # type: ignore[arg-type]


def failed(store: JobStore, number: int) -> list[Job]:
    jobs = some(number)
    for job in jobs:
        assert started(store) == job.run_id
        store.fail(job.run_id, "broken")
        let_go(store, job.run_id)
    return jobs


def statuses(jobs: list[Job]) -> list[str]:
    return [str(job.get_status()) for job in jobs]


def test_what_waits_is_canceled_by_method_and_queue(store: JobStore) -> None:
    records, others = some(3), some(2, "myapp.other.thing", queue="long")
    later = frappe_celery.enqueue_in(60, "myapp.core.record", text="later")
    assert frappe_celery.cancel(queue="short") == 0
    assert frappe_celery.cancel(method="myapp.core.*") == 4
    assert statuses([*records, later]) == ["canceled"] * 4
    assert statuses(others) == ["queued"] * 2
    assert frappe_celery.cancel(queue="long") == 2
    assert frappe_celery.cancel() == 0


def test_at_most_so_many_the_newest_first(store: JobStore) -> None:
    jobs = some(5)
    assert frappe_celery.cancel(limit=2) == 2
    assert statuses(jobs) == ["queued"] * 3 + ["canceled"] * 2


def test_what_failed_runs_again_or_is_deleted(store: JobStore) -> None:
    jobs = failed(store, 3)
    tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
    assert frappe_celery.requeue(since=tomorrow) == 0
    assert frappe_celery.requeue(until=tomorrow, limit=1) == 1
    assert statuses(jobs) == ["failed", "failed", "queued"]
    assert frappe_celery.delete() == 2
    assert [job.status for job in store.page(length=9)] == [JobStatus.QUEUED]


def test_what_has_changed_meanwhile_is_left_alone(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the act."""
    first, second, third = failed(store, 3)
    found = by_filter.search(store, by_filter.Wanted(statuses=by_filter.FAILED))
    looked = list(found)
    second.requeue()
    third.requeue()
    store.finish(started(store), None)  # one of them
    monkeypatch.setattr(by_filter, "search", lambda *_: looked)
    assert frappe_celery.requeue() == 1
    monkeypatch.setattr(by_filter, "search", lambda *_: looked)
    assert frappe_celery.delete() == 0
    assert sorted(statuses([first, second, third])) == ["finished", "queued", "queued"]
    for run in take_all(store):
        let_go(store, run)


def test_of_the_current_site_alone(project: Project, store: JobStore) -> None:
    project.write("sites/site2.localhost/site_config.json", "{}")
    with hosts.current().in_site("site1.localhost", ADMINISTRATOR):
        jobs = some(1)
    with hosts.current().in_site("site2.localhost", ADMINISTRATOR):
        assert frappe_celery.cancel() == 0
        assert statuses(jobs) == ["queued"]
        assert frappe_celery.cancel(site="site1.localhost") == 1


def test_what_is_wrong_is_said() -> None:
    with pytest.raises(ConfigError, match="limit is 0; it must be a whole number above 0"):
        frappe_celery.cancel(limit=0)
    with pytest.raises(ConfigError, match="'2h' is no time: give a datetime"):
        frappe_celery.requeue(since="2h")  # type: ignore[arg-type]
    with pytest.raises(UnknownQueue):
        frappe_celery.delete(queue="nowhere")
