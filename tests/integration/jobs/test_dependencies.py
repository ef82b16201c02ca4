"""Jobs that wait for others, step by step: what ends them, and what brings them back."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from frappe_celery.errors import NoSuchJob, QueueOverloaded
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.watch import snapshot
from frappe_celery.worker.ghosts import settle
from tests.integration.stores import broken, enqueue, queued, started, take, waiting


def after(store: JobStore, *jobs: Job, job_id: str | None = None, **given: Any) -> Job:
    """A job that waits for others; `may_fail` says that it runs also when they fail."""
    may_fail = int(given.pop("may_fail", False))
    lines = [(job.first_run, job.id, may_fail) for job in jobs]
    return queued(store, job_id, depends_on=lines, **given)


def finish(store: JobStore, job: Job, result: Any = 1) -> None:
    """As a worker does: it takes the next one, which must be this."""
    assert started(store, job.queue) == job.run_id
    store.finish(job.run_id, result)


def test_one_after_another(store: JobStore) -> None:
    first = queued(store)
    second = after(store, first)
    third = after(store, second, first)
    assert [second.status, third.status] == [JobStatus.DEFERRED] * 2
    assert take(store) == first.run_id
    assert take(store) is None
    store.finish(first.run_id, 1)
    assert waiting(store) == [second.run_id]
    finish(store, second)
    finish(store, third)
    assert broken(store) == []


def test_what_fails_cancels_what_waits_for_it_with_the_reason(store: JobStore) -> None:
    first = queued(store)
    second = after(store, first)
    third = after(store, second)
    anyway = after(store, first, may_fail=True)
    started(store)
    store.fail(first.run_id, "broken")
    assert waiting(store) == [anyway.run_id]
    for job in (second, third):
        assert job.get_status() == JobStatus.CANCELED
        assert job.exc_info == f"canceled, since job {first.id}, which it depends on, failed"
    assert broken(store) == []


def test_a_dependency_that_has_ended_counts(store: JobStore) -> None:
    first, failed = queued(store), queued(store)
    finish(store, first)
    started(store)
    store.fail(failed.run_id, "broken")
    assert after(store, first).status == JobStatus.QUEUED
    assert after(store, failed).status == JobStatus.CANCELED
    assert after(store, failed, may_fail=True).status == JobStatus.QUEUED
    first.delete()
    with pytest.raises(NoSuchJob, match=f"{first.id}.*rq_results_ttl, 600 s"):
        after(store, first)
    assert broken(store) == []


def test_what_dependants_need_is_kept_until_they_have_ended(store: JobStore) -> None:
    first, other = queued(store, result_ttl=0), queued(store)
    last = after(store, first, other)
    finish(store, first, "its result")
    assert [job.result for job in last.fetch_dependencies()] == ["its result", None]
    finish(store, other)
    assert started(store) == last.run_id
    assert store.find(first.id) is not None
    store.finish(last.run_id, 1)
    assert store.find(first.id) is None
    assert broken(store) == []


def test_what_is_deleted_or_canceled_cancels_what_waits_for_it(store: JobStore) -> None:
    for end, how in ((Job.delete, "deleted"), (Job.cancel, "canceled")):
        first = queued(store)
        second = after(store, first)
        third = after(store, second)
        end(first)
        assert third.get_status() == JobStatus.CANCELED
        assert str(third.exc_info).endswith(f"was {how}")
    assert broken(store) == []


def test_a_run_of_the_same_job_that_goes_on_decides(store: JobStore) -> None:
    """Whichever of them ends first, as when a worker dies between enqueueing it and failing."""
    for newer_ends_first in (False, True):
        first = queued(store)
        second = after(store, first)
        assert started(store) == first.run_id
        again = store.fetch_run(first.run_id).opened.next_run(f"again{newer_ends_first}")
        store.enqueue(again)
        if newer_ends_first:
            finish(store, store.fetch_run(again.run))
        store.fail(first.run_id, "broken", following=again.run)
        if not newer_ends_first:
            assert second.get_status() == JobStatus.DEFERRED
            assert store.client.ttl(store.keys.record(first.run_id)) > 0  # nobody needs this run
            finish(store, store.fetch_run(again.run))
        finish(store, second)
    assert broken(store) == []


def test_a_requeue_brings_back_one_after_the_other(store: JobStore) -> None:
    first = queued(store)
    second = after(store, first)
    third = after(store, second)
    assert started(store) == first.run_id
    store.fail(first.run_id, "broken")
    again = first.requeue(dependants=True)
    for job in (again, second, third):
        finish(store, job)
    assert broken(store) == []


def test_what_is_needed_is_neither_trimmed_nor_replaced(store: JobStore) -> None:
    first, other = queued(store, "a"), queued(store)
    after(store, first, other, may_fail=True)
    runs = [started(store) for _ in range(2)]
    assert runs == [first.run_id, other.run_id]
    store.settings.__dict__["rq_failed_jobs_limit"] = 1
    store.fail(first.run_id, "broken")
    queued(store, "a", deduplicate=True)
    newer = started(store)
    store.fail(newer, "broken")
    store.fail(other.run_id, "broken")
    assert store.fields([first.run_id, newer], "status") == [[b"failed"], [None]]


def test_what_waits_is_a_duplicate(store: JobStore) -> None:
    first = queued(store)
    after(store, first, job_id="x")
    assert enqueue(store, "x", deduplicate=True) is None


def test_the_quota_is_no_way_round(store: JobStore) -> None:
    first = queued(store)
    after(store, first, at_most=2)
    after(store, first, at_most=2)
    with pytest.raises(QueueOverloaded, match="2 jobs of site site1 wait"):
        after(store, first, at_most=2)
    assert queued(store, at_most=2).status == JobStatus.QUEUED


def test_what_waits_for_its_caller_s_commit_too(store: JobStore) -> None:
    first = queued(store)
    second = after(store, first, transaction="open")
    finish(store, first)
    assert (second.get_status(), waiting(store)) == (JobStatus.QUEUED, [])
    store.transaction_ended("open")
    assert waiting(store) == [second.run_id]


def test_an_id_that_is_used_again_is_another_job(store: JobStore) -> None:
    first = queued(store, "a")
    second = after(store, first)
    queued(store, "a")
    finish(store, first)
    assert second.get_status() == JobStatus.QUEUED


def lose_the_record(store: JobStore, first: Job) -> None:
    store.client.delete(store.keys.record(first.run_id))


def lose_what_waits_for_it(store: JobStore, first: Job) -> None:
    store.client.delete(store.keys.dependants(first.run_id))
    store.client.hdel(store.keys.record(first.run_id), "needed")
    finish(store, first)


def lose_what_it_waits_for(store: JobStore, first: Job) -> None:
    for key in store.client.scan_iter(match=f"{store.keys.awaits('*')}"):
        store.client.delete(key)


@pytest.mark.parametrize(
    ("lose", "status"),
    [
        (lose_the_record, JobStatus.CANCELED),
        (lose_what_waits_for_it, JobStatus.QUEUED),
        (lose_what_it_waits_for, JobStatus.QUEUED),
    ],
)
def test_what_redis_has_lost_leaves_nobody_waiting(
    store: JobStore, lose: Any, status: JobStatus
) -> None:
    first = queued(store)
    second = after(store, first)
    assert settle(store, old=0) == []
    lose(store, first)
    assert second.run_id in settle(store, old=0)
    while promote(store) is not None:
        pass
    assert second.get_status() == status
    if status == JobStatus.CANCELED:
        assert str(second.exc_info).endswith("was deleted")
    assert settle(store, old=0) == []


def test_one_whose_own_record_redis_has_lost_counts_no_more(store: JobStore) -> None:
    second = after(store, queued(store))
    store.client.delete(store.keys.record(second.run_id))
    settle(store, old=0)
    assert store.counts()[JobStatus.DEFERRED] == 0
    assert not store.client.exists(store.keys.awaits(second.run_id))


def test_what_waits_is_no_ghost_and_counted(store: JobStore) -> None:
    after(store, queued(store))
    assert settle(store, old=0) == []
    (place,) = snapshot.take(store, 60).places
    assert (place.queued, place.deferred, place.later) == (1, 1, 1)


@pytest.mark.parametrize("ends", ["finish", "fail"])
def test_many_dependants_are_told_in_steps_in_their_order(store: JobStore, ends: str) -> None:
    """100 a step, or 34 that are canceled: 2 ms of Redis on a machine that is not busy."""
    first = queued(store)
    runs = [after(store, first).run_id for _ in range(1000)]
    assert started(store) == first.run_id
    getattr(store, ends)(first.run_id, "as it was")
    told = JobStatus.QUEUED if ends == "finish" else JobStatus.CANCELED
    numbers = [store.counts()[told]]
    while promote(store) is not None:
        numbers.append(store.counts()[told])
    steps = [after - before for before, after in pairwise(numbers)]
    assert max(numbers[0], *steps) == (100 if ends == "finish" else 34)
    assert numbers[-1] == 1000
    if ends == "finish":
        assert waiting(store) == runs


def test_what_finished_when_it_was_repeated_has_not_failed_once_it_has_expired(
    store: JobStore,
) -> None:
    first = queued(store)
    run = started(store)
    store.enqueue(store.fetch_run(run).opened.next_run("again"))
    store.fail(run, "broken", following="again")
    assert started(store) == "again"
    store.finish("again", 1)
    assert store.find(first.id).run_id == "again"  # type: ignore[union-attr]
    store.client.delete(store.keys.record("again"))  # rq_results_ttl is over
    assert store.find(first.id) is None
    with pytest.raises(NoSuchJob, match="past its retention"):
        after(store, first)


def test_what_a_requeued_job_depends_on_is_kept_until_it_has_ended_again(store: JobStore) -> None:
    first = queued(store)
    second = after(store, first)
    finish(store, first)
    assert started(store) == second.run_id
    store.fail(second.run_id, "broken")
    assert store.client.ttl(store.keys.record(first.run_id)) > 0
    again = second.requeue()
    assert store.client.ttl(store.keys.record(first.run_id)) == -1
    finish(store, again)
    assert store.client.ttl(store.keys.record(first.run_id)) > 0
    assert broken(store) == []


def test_what_has_finished_may_be_deleted_before_all_are_told(store: JobStore) -> None:
    first = queued(store)
    for _ in range(250):
        after(store, first)
    finish(store, first)
    store.delete(first.run_id)
    assert store.counts()[JobStatus.QUEUED] == 250
    assert broken(store) == []


def test_the_list_of_an_id_goes_with_its_last_record(store: JobStore) -> None:
    job = queued(store, "x")
    run, other = started(store), queued(store, "x").run_id
    store.enqueue(store.fetch_run(run).opened.next_run("again"))
    store.fail(run, "broken", following="again")
    store.fail(started(store), "broken")
    store.fetch_run("again").delete()
    left = store.client.ttl(store.keys.record(other))
    assert 0 < store.client.ttl(store.keys.ids(job.id)) <= left
    store.delete(other)
    assert not store.client.exists(store.keys.ids(job.id))


def test_what_may_come_back_is_known_as_long_as_it_is_kept(choose: Callable[..., JobStore]) -> None:
    store = choose(rq_job_failure_ttl=3_000_000)
    first = queued(store)
    after(store, first)
    for again in (False, True):
        if again:
            first.requeue(dependants=True)
        store.fail(started(store), "broken")
        promote(store)
        assert store.client.ttl(store.keys.canceled_by(first.first_run)) > 2_000_000
