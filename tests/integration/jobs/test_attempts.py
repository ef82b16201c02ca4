"""A job is one job, however often it was tried: lists and counts show its newest run, and what was
tried before is its history."""

from __future__ import annotations

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from frappe_celery import InvalidJobOperation, Job, JobStatus, NoSuchJob
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.jobs.record.paging import Wanted, search
from frappe_celery.watch import snapshot
from frappe_celery.watch.notify import conditions
from frappe_celery.worker.abandoned import end_or_repeat
from frappe_celery.worker.again import run_after
from frappe_pages.exposition import Exposition
from tests.integration.stores import (
    SITE,
    broken,
    keys,
    make_store,
    message,
    queued,
    started,
    take,
    wipe,
)

TRACEBACK = 'Traceback (most recent call last):\n  File "a.py", line 1, in f\nValueError: '


def repeated(store: JobStore, run: str, why: str = "not yet", **options: Any) -> JobMessage:
    """A run fails and another follows it, as a worker does that."""
    failed = store.fetch_run(run).opened
    again = failed.next_run(run_after(failed), attempt=failed.attempt + 1)
    store.enqueue(again, any_size=True, **options)
    assert store.fail(run, TRACEBACK + why, following=again.run) == JobStatus.FAILED
    return again


def tried(store: JobStore, times: int, **given: Any) -> Job:
    """A job that has failed for good, after so many attempts."""
    job = queued(store, **given)
    for number in range(times):
        repeated(store, started(store), f"attempt {number}")
    store.fail(started(store), TRACEBACK + "the last")
    job.refresh()
    return job


def a_batch(store: JobStore, number: int) -> tuple[str, list[str]]:
    """Its id and the first runs of its jobs, which wait."""
    batch, runs = message().run, []
    for _ in range(number):
        waits = [(f"{batch}/made", f"batch {batch}", 0)]
        one = message(batch=batch, depends_on=waits)
        store.enqueue(one, making={"title": "Nightly", "number": number})
        runs.append(one.run)
    settle(store)
    return batch, runs


def settle(store: JobStore) -> None:
    while store.client.exists(store.keys.settling):
        promote(store)


def left_of(store: JobStore, job: Job) -> list[str]:
    return [name for name in keys(store) if job.first_run in name and "spent:" not in name]


def numbers(store: JobStore) -> dict[str, int]:
    return {status.value: number for status, number in store.counts().items() if number}


def test_of_100_jobs_50_fail_and_50_are_retried_thrice_and_100_have_failed(store: JobStore) -> None:
    batch, of_batch = a_batch(store, 20)
    runs = of_batch + [queued(store).run_id for _ in range(80)]
    retried = {*runs[::2]}
    dependants = [
        queued(store, f"then-{n}", depends_on=[(run, f"{SITE}::{run}", 0)])
        for n, run in enumerate(runs[:10])
    ]
    registry = CollectorRegistry()
    exposition = Exposition(store, registry)
    exposition.count()

    again = 0
    while (run := take(store)) is not None:
        one = store.fetch_run(run).opened
        first = one.first_run or one.run
        if first in retried and one.attempt < 4:
            repeated(store, run)
            again += 1
            assert store.fetch_run(first).status == JobStatus.FAILED
            assert store.find(first).status == JobStatus.QUEUED  # type: ignore[union-attr]
        else:
            store.fail(run, TRACEBACK + "no more")
    settle(store)

    assert again == 150
    assert numbers(store) == {"failed": 100, "canceled": 10}
    assert len(store.page(statuses=[JobStatus.FAILED], length=-1)) == 100
    assert len({*search(store, Wanted(statuses=(JobStatus.FAILED,)))}) == 100
    assert {job.get_status() for job in dependants} == {JobStatus.CANCELED}
    (its,) = batch_state.read(store, batch)
    assert its is not None
    assert (its.failed, its.total, its.going) == (20, 20, 0)
    (place,) = snapshot.take(store, 3600).places
    assert (place.failed, place.failed_lately, place.attempts) == (100, 100, 150)
    exposition.count()
    labels = {"site": SITE, "queue": "default", "method": "myapp.tasks.record"}
    ended = registry.get_sample_value(
        "frappe_celery_jobs_ended_total", labels | {"status": "failed"}
    )
    assert ended == 100
    assert registry.get_sample_value("frappe_celery_failed_attempts_total", labels) == 150
    for run in runs:
        (job,) = {store.find(run), store.fetch(f"{SITE}::{run}")}
        assert job is not None
        assert [one.status for one in job.attempts] == [JobStatus.FAILED] * (3 * (run in retried))
    assert broken(store) == []


def test_what_was_tried_says_when_by_whom_and_how_it_ended(store: JobStore) -> None:
    job = queued(store, "mine")
    first = started(store, consumer="consumer")
    again = repeated(store, first, "not yet")
    (one,) = job.attempts
    assert (one.run_id, one.status, one.worker_name) == (first, JobStatus.FAILED, "w1@host")
    assert one.exc_info is not None
    assert one.exc_info.endswith("ValueError: not yet")
    assert one.started_at is not None
    assert one.ended_at is not None
    assert one.enqueued_at <= one.started_at <= one.ended_at
    assert store.client.hget(store.keys.record(first), "message") is None
    assert one.opened == store.fetch_run(again.run).opened  # its arguments are the job's


def test_whose_process_died_once_its_repetition_was_enqueued_is_an_attempt(
    store: JobStore,
) -> None:
    """As it raised, and before that was recorded: nothing of it is abandoned."""
    job = queued(store)
    raised = store.fetch_run(started(store)).opened
    again = raised.next_run(run_after(raised), attempt=2)
    store.enqueue(again, any_size=True)
    end_or_repeat(store, job.run_id, "killed")
    assert numbers(store) == {"queued": 1}
    assert [one.run_id for one in store.fetch(job.id).attempts] == [job.run_id]
    assert f"It is run again, as run {again.run}" in str(store.fetch_run(job.run_id).exc_info)


def test_an_outage_is_told_of_before_the_last_try(store: JobStore) -> None:
    for _ in range(12):
        queued(store)
    for _ in range(12):
        repeated(store, started(store), at=4e9)
    assert numbers(store) == {"scheduled": 12}
    assert "JobsFail" in {one.alert for one in conditions.look(store)}


@pytest.mark.parametrize("end", [JobStatus.FAILED, JobStatus.FINISHED, JobStatus.STOPPED])
def test_a_requeue_keeps_the_first_error_and_the_old_address(
    store: JobStore, end: JobStatus
) -> None:
    job = queued(store)
    old = started(store)
    if end == JobStatus.FAILED:
        store.fail(old, TRACEBACK + "the first")
    elif end == JobStatus.FINISHED:
        store.finish(old, 7)
    else:
        job.stop()
        store.client.delete(*store.client.keys(f"{store.keys.prefix}inflight:*"))
    again = job.requeue()
    assert again.run_id != old
    assert numbers(store) == {"queued": 1}
    found = store.fetch(old)
    assert (found.run_id, found.status) == (again.run_id, JobStatus.QUEUED)
    assert store.stopped([old]) == ([old] if end == JobStatus.STOPPED else [])
    store.fail(started(store), TRACEBACK + "the second")
    assert store.fetch(old).requeue().get_status() == JobStatus.QUEUED  # the old one leads there
    attempts = store.fetch(old).attempts
    assert [one.status for one in attempts] == [end, JobStatus.FAILED]
    if end == JobStatus.FAILED:
        assert "the first" in (attempts[0].exc_info or "")
    assert broken(store) == []
    store.delete(old)
    assert store.stopped([old]) == ([old] if end == JobStatus.STOPPED else [])


def test_the_first_and_the_newest_20_are_kept_their_errors_cut(store: JobStore) -> None:
    queued(store)
    first = started(store)
    runs = [first]
    repeated(store, first, "x" * 100_000 + " the end")
    for _ in range(25):
        runs.append(started(store))
        repeated(store, runs[-1])
    job = store.fetch(first)
    assert [one.run_id for one in job.attempts] == [first, *runs[-19:]]
    error = job.attempts[0].exc_info or ""
    assert error.endswith("the end")
    assert len(error) < 20_000
    records = [name for name in keys(store) if name.startswith("job:")]
    assert len(records) == 21


@pytest.mark.parametrize("own_id", [None, "mine"])
def test_deleted_the_whole_of_it_goes(store: JobStore, own_id: str | None) -> None:
    queued(store, own_id)
    first = started(store)
    repeated(store, first)
    repeated(store, started(store))
    store.fetch_run(first).delete()
    left = [name for name in keys(store) if name.startswith(("job:", "id:", "attempts:"))]
    assert left == []
    with pytest.raises(NoSuchJob):
        store.fetch(first)
    assert take(store) is None


def test_the_next_run_is_deleted_and_the_one_before_has_been_stopped(store: JobStore) -> None:
    queued(store)
    repeated(store, started(store))
    second = started(store)
    failed = store.fetch_run(second).opened
    again = failed.next_run(run_after(failed))
    store.enqueue(again)
    store.end(store.fetch_run(second), JobStatus.STOPPED)
    store.delete(again.run)  # as `worker.perform` does then
    job = store.fetch(second)
    assert (job.status, len(job.attempts)) == (JobStatus.STOPPED, 1)


def test_they_are_kept_as_long_as_their_job(store: JobStore) -> None:
    job = tried(store, 2, failure_ttl=500)
    runs = [one.run_id for one in job.attempts]
    names = [store.keys.attempts(job.first_run), *map(store.keys.record, [*runs, job.run_id])]

    def left() -> set[bool]:
        return {400 < store.client.ttl(name) <= 500 for name in names}

    assert left() == {True}
    job.requeue()
    names.append(store.keys.record(runs[0]))
    assert left() == {False}  # it goes on
    store.finish(started(store), 1)
    (ttl,) = {store.client.ttl(name) for name in names if name != store.keys.record(job.run_id)}
    assert 0 < ttl <= store.settings.rq_results_ttl


def test_held_for_dependants_they_are_kept_and_let_go_with_it(store: JobStore) -> None:
    job = queued(store, "held")
    waits = [(job.first_run, job.id, 1)]
    then = queued(store, "then", depends_on=waits)
    repeated(store, started(store))
    store.fail(started(store), "no")
    settle(store)
    record = store.keys.record(job.first_run)
    assert store.client.ttl(record) > store.settings.rq_job_failure_ttl
    assert started(store) == then.run_id
    store.finish(then.run_id, 1)
    assert 0 < store.client.ttl(record) <= store.settings.rq_job_failure_ttl
    assert broken(store) == []


def test_what_is_enqueued_after_it_has_ended_holds_them_too(store: JobStore) -> None:
    job = tried(store, 2, failure_ttl=500)
    then = queued(store, "then", depends_on=[(job.first_run, job.id, 1)])
    record = store.keys.record(job.first_run)
    assert store.client.ttl(record) > 500
    assert started(store) == then.run_id
    store.finish(then.run_id, 1)
    assert 0 < store.client.ttl(record) <= 500
    assert broken(store) == []


def test_the_limit_of_failed_jobs_counts_jobs_and_takes_their_attempts_along(
    store: JobStore,
) -> None:
    limited = make_store(
        store.settings.root, store.url, f"{store.settings.bench_id}-l", rq_failed_jobs_limit="3"
    )
    jobs = [tried(limited, 3, job_id=f"n{number}") for number in range(5)]
    found = limited.page(statuses=[JobStatus.FAILED], length=-1)
    assert found == jobs[:1:-1]
    assert [len(job.attempts) for job in found] == [3] * 3
    assert left_of(limited, jobs[0]) == []
    assert broken(limited) == []
    wipe(limited)


def test_replaced_by_one_of_its_id_they_go_along(store: JobStore) -> None:
    job = tried(store, 2, job_id="mine")
    new = store.enqueue(message("mine"), deduplicate=True)
    assert new is not None
    assert new.attempts == []
    assert left_of(store, job) == []


def test_requeued_twice_at_the_same_moment_it_runs_once(store: JobStore) -> None:
    job = tried(store, 0)
    first, second = store.fetch_run(job.run_id), store.fetch_run(job.run_id)
    assert first.requeue().is_queued
    with pytest.raises(InvalidJobOperation, match="is queued"):
        second.requeue()
    assert len(store.fetch(job.id).attempts) == 1
    assert numbers(store) == {"queued": 1}


def test_what_older_workers_leave_in_the_index_is_not_counted(store: JobStore) -> None:
    job = queued(store)
    first = started(store)
    again = repeated(store, first)
    client, names = store.client, store.keys
    client.delete(names.attempts(job.first_run))  # as an older worker writes it
    index = names.index(f"{SITE}|default", "failed")
    client.zadd(index, {first: store.now()})
    client.zadd(names.expiring, {f"{SITE}|default|failed\n{first}": store.now() + 1000})
    client.hset(names.worker("old@host"), mapping={"pid": 1})
    client.zadd(names.workers, {"old@host": store.now()})
    assert numbers(store) == {"queued": 1}
    assert [one.run_id for one in store.fetch(first).attempts] == [first]
    assert store.fetch(first).run_id == again.run
    assert broken(store) == []
