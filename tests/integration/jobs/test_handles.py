"""A Job follows its job through repetitions, reruns and requeues; no worker runs here."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from frappe_celery import InvalidJobOperation, Job, JobStatus, NoSuchJob, NotEnded
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.message import JobMessage
from tests.integration.stores import keys, queued, started, take_all
from tests.waiting import wait_until


def repeated(store: JobStore, job: Job, number: int = 1, **options: Any) -> JobMessage:
    """The run that follows a job's newest one, which has failed."""
    newest = store.fetch_newest(job).opened
    again = newest.next_run(f"{number:032}", attempt=newest.attempt + 1)
    assert store.enqueue(again, **options) is not None
    store.fail(newest.run, "not yet", following=again.run)
    return again


@pytest.mark.parametrize("own_id", [None, "mine"])
def test_a_handle_of_a_job_that_failed_was_repeated_and_finished_says_so(
    store: JobStore, own_id: str | None
) -> None:
    job = queued(store, own_id)
    started(store)
    again = repeated(store, job)
    assert job.get_status() == JobStatus.QUEUED
    assert started(store) == again.run
    store.finish(again.run, "at last")
    assert job.get_status() == JobStatus.FINISHED
    assert (job.run_id, job.result) == (again.run, "at last")


def test_it_says_queued_while_a_repetition_waits_and_reads_that_one_s_message(
    store: JobStore,
) -> None:
    job = queued(store, retries=3)
    assert job.opened.attempt == 1
    started(store)
    repeated(store, job)
    assert job.result is None
    assert job.is_queued
    assert job.opened.attempt == 2


def test_canceled_in_the_pause_between_attempts_it_runs_no_more(store: JobStore) -> None:
    job = queued(store)
    started(store)
    repeated(store, job, at=4e9)
    assert job.get_status() == JobStatus.SCHEDULED
    job.cancel()
    assert job.is_canceled
    assert take_all(store) == []
    assert "scheduled" not in keys(store)


def test_stopped_it_is_its_repetition_that_stops(store: JobStore) -> None:
    job = queued(store)
    started(store)
    again = repeated(store, job)
    started(store)
    job.stop()
    assert store.fetch_run(again.run).status == JobStatus.STOPPED


@pytest.mark.parametrize("own_id", [None, "mine"])
def test_requeued_however_often_it_is_found(store: JobStore, own_id: str | None) -> None:
    seen, never_looked = queued(store, own_id), store.fetch_run(take_all(store)[0])
    repeated(store, seen)
    for _ in range(2):
        store.fail(started(store), "x")
        again = seen.requeue()
        assert seen.get_status() == JobStatus.QUEUED
        with pytest.raises(InvalidJobOperation, match="is queued: only an ended one"):
            seen.requeue()
    store.finish(started(store), 7)
    assert never_looked.get_status() == JobStatus.FINISHED
    assert (never_looked.result, never_looked.run_id) == (7, again.run_id)


def test_another_job_of_the_same_id_is_not_followed(store: JobStore) -> None:
    first, second = queued(store, "same"), queued(store, "same")
    assert first != second
    store.fail(started(store), "x")
    store.finish(started(store), 2)
    assert first.get_status() == JobStatus.FAILED
    assert second.result == 2


def test_a_run_is_newer_than_the_one_before_whatever_the_clock_of_its_worker_says(
    store: JobStore,
) -> None:
    job = queued(store, "mine", enqueued_at=4e9)  # by a caller whose clock is fast
    started(store)
    again = repeated(store, job)
    assert store.fetch(job.id).run_id == again.run
    assert job.get_status() == JobStatus.QUEUED


def test_a_job_stays_the_same_through_its_runs(store: JobStore) -> None:
    job = queued(store)
    known = {job: "mine"}
    started(store)
    repeated(store, job)
    newest = store.fetch(job.id)
    job.refresh()
    assert newest == job == store.fetch_run(job.first_run)
    assert known[newest] == known[job] == "mine"


def test_waited_for_it_says_how_it_ended(store: JobStore) -> None:
    job, done = queued(store), queued(store)
    outcome: list[JobStatus] = []
    waiter = threading.Thread(target=lambda: outcome.append(job.wait(60)), daemon=True)
    waiter.start()
    started(store)
    again = repeated(store, store.fetch(job.id))
    assert started(store) == done.run_id
    store.finish(done.run_id, 1)
    assert (done.wait(), done.wait(timeout=0), done.result) == (JobStatus.FINISHED,) * 2 + (1,)
    assert outcome == []
    started(store)
    store.finish(again.run, "at last")
    wait_until(lambda: outcome == [JobStatus.FINISHED], what="it is told")
    assert job.result == "at last"


def test_one_that_does_not_end_in_time_is_an_error_and_one_that_is_gone_too(
    store: JobStore,
) -> None:
    job = queued(store, "x")
    with pytest.raises(NotEnded, match=r"job site1::x is queued after 0\.02 seconds") as raised:
        job.wait(0.02)
    assert isinstance(raised.value, TimeoutError)
    with pytest.raises(ValueError, match="timeout is '9'; it must be a number of seconds"):
        job.wait("9")  # type: ignore[arg-type]
    job.delete()
    with pytest.raises(NoSuchJob, match="no record of job 'site1::x'"):
        job.wait()
