"""Jobs that wait for the end of the transaction in which they were enqueued."""

from __future__ import annotations

import pytest

from frappe_celery.errors import QueueOverloaded
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.worker.ghosts import sweep
from tests.integration.stores import broken, enqueue, keys, queued, take, take_all, waiting
from tests.waiting import wait_until


@pytest.fixture
def wait(request: pytest.FixtureRequest, store: JobStore) -> None:
    """Seconds that a job waits at most."""
    object.__setattr__(store.settings, "frappe_celery_commit_wait", request.param)


def test_a_job_starts_once_its_callers_transaction_has_ended(store: JobStore) -> None:
    job = queued(store, transaction="t1")
    assert take(store) is None
    assert job.get_status() == JobStatus.QUEUED
    store.transaction_ended("t1")
    assert take(store) == job.run_id
    assert not broken(store)


def test_others_do_not_wait_and_one_transaction_ends_without_the_other(store: JobStore) -> None:
    first, second = queued(store, transaction="t1"), queued(store, transaction="t2")
    free = queued(store)
    assert take_all(store) == [free.run_id]
    store.transaction_ended("t2")
    assert take_all(store) == [second.run_id]
    store.transaction_ended("t1")
    assert take_all(store) == [first.run_id]


def test_they_keep_their_order_and_what_goes_first_does(store: JobStore) -> None:
    before = queued(store)
    runs = [queued(store, transaction="t").run_id for _ in range(3)]
    first = queued(store, transaction="t", front=1)
    store.transaction_ended("t")
    assert take_all(store) == [first.run_id, before.run_id, *runs]


def test_more_than_are_handed_out_at_once(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("frappe_celery.jobs.record.store.HANDED_OUT_AT_ONCE", 3)
    runs = [queued(store, transaction="t").run_id for _ in range(7)]
    store.transaction_ended("t")
    assert take_all(store) == runs


def test_a_second_end_and_an_unknown_one_do_nothing(store: JobStore) -> None:
    job = queued(store, transaction="t")
    store.transaction_ended("other")
    assert waiting(store) == []
    store.transaction_ended("t")
    store.transaction_ended("t")
    assert waiting(store) == [job.run_id]
    assert not [key for key in keys(store) if "commit" in key]


def test_one_that_waits_counts_as_queued_for_everyone_who_asks(store: JobStore) -> None:
    job = queued(store, "mine", transaction="t")
    assert enqueue(store, "mine", deduplicate=True) is None
    assert store.is_active(job.id)
    assert store.fetch(job.id).status == JobStatus.QUEUED
    assert store.counts()[JobStatus.QUEUED] == store.waiting("default") == 1
    assert [one.run_id for one in store.page(statuses=[JobStatus.QUEUED])] == [job.run_id]
    with pytest.raises(QueueOverloaded):
        enqueue(store, at_most=1)
    assert store.position(job) is None
    kept = Limits(store).keeping(job)
    assert kept is not None
    assert kept.counter == "commit:t"


@pytest.mark.parametrize("how", [Job.cancel, Job.delete])
def test_one_that_is_canceled_or_deleted_never_starts(store: JobStore, how: object) -> None:
    gone, other = queued(store, transaction="t"), queued(store, transaction="t")
    how(gone)  # type: ignore[operator]
    store.transaction_ended("t")
    assert take_all(store) == [other.run_id]
    assert not broken(store)


@pytest.mark.parametrize("wait", [1], indirect=True)
def test_after_its_longest_wait_it_starts_though_its_caller_died(
    store: JobStore, wait: None
) -> None:
    job = queued(store, transaction="t")
    seconds = promote(store)
    assert seconds is not None
    assert 0 < seconds <= 1
    assert take(store) is None
    wait_until(lambda: promote(store) != seconds and waiting(store) == [job.run_id])
    store.transaction_ended("t")
    assert take_all(store) == [job.run_id]
    assert not [key for key in keys(store) if "commit" in key]


@pytest.mark.parametrize("wait", [1], indirect=True)
def test_each_job_of_a_long_transaction_has_a_wait_of_its_own(store: JobStore, wait: None) -> None:
    first = queued(store, transaction="t")
    wait_until(lambda: promote(store) is not None and waiting(store) == [first.run_id])
    object.__setattr__(store.settings, "frappe_celery_commit_wait", 60)
    second = queued(store, transaction="t")
    promote(store)
    assert waiting(store) == [first.run_id]
    store.transaction_ended("t")
    assert waiting(store) == [first.run_id, second.run_id]


def test_one_that_is_due_before_that_end_waits_for_it(store: JobStore) -> None:
    job = queued(store, transaction="t", at=1.0)
    assert job.status == JobStatus.SCHEDULED
    promote(store)
    assert job.get_status() == JobStatus.QUEUED
    assert take(store) is None
    store.transaction_ended("t")
    assert take(store) == job.run_id


def test_one_that_is_due_after_that_end_waits_for_its_time_alone(store: JobStore) -> None:
    job = queued(store, transaction="t", at=1.0)
    store.transaction_ended("t")
    promote(store)
    assert take(store) == job.run_id


def test_it_is_no_ghost_and_a_lost_deadline_is_made_up_for(store: JobStore) -> None:
    job = queued(store, transaction="t", enqueued_at=1.0)
    assert sweep(store, old=0) == []
    store.client.delete(store.keys.open_transactions)
    store.client.delete(store.keys.sweeping)
    assert sweep(store, old=0) == []
    promote(store)
    assert store.client.zrange(store.keys.open_transactions, 0, -1) == [b"t"]
    store.transaction_ended("t")
    assert take(store) == job.run_id


def test_a_limit_counts_it_once_it_is_handed_out(store: JobStore) -> None:
    Limits(store).change("queue:default", running=1)
    first, second = queued(store, transaction="t"), queued(store, transaction="t")
    store.transaction_ended("t")
    assert take(store) == first.run_id
    assert second.get_status() == JobStatus.QUEUED
