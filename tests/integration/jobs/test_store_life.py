"""One run's life in the store, step by step, on real Redis and Valkey."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from frappe_celery.errors import InvalidJobOperation, NoSuchJob, QueueOverloaded, Refused
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.record.due_claim import AlreadyActedOn, Claim
from frappe_celery.jobs.record.store import CLAIMED
from tests.integration.stores import (
    SITE,
    broken,
    enqueue,
    keys,
    message,
    queued,
    started,
    take,
    take_all,
    waiting,
)
from tests.unit.jobs.values import Address, Colour, shape


@pytest.fixture(autouse=True)
def _nothing_contradicts_itself(store: JobStore) -> Any:
    yield
    assert broken(store) == []


# -- queued, started, finished


def test_an_id_that_ends_with_another_s_is_not_that_job_s(store: JobStore) -> None:
    parent = queued(store)
    for other in (f"{SITE}::cleanup::{parent.id}", f"another.{SITE}::{parent.run_id}"):
        assert not store.is_active(other)
        assert store.find(other) is None
    written_by_16 = parent.id.replace("::", "||")
    for its in (parent.id, parent.run_id, written_by_16):
        assert store.is_active(its)
        assert store.find(its) == parent


def test_an_enqueued_job_is_there_with_all_that_was_given(store: JobStore) -> None:
    before = time.time()
    job = queued(store, "import::X", queue="long", timeout=9, name="shown", kwargs={"a": 1})
    for same in (job, store.fetch_run(job.run_id), store.fetch(f"{SITE}::import::X")):
        assert same == job
        assert (same.id, same.site, same.user) == (f"{SITE}::import::X", SITE, "someone")
        assert (same.queue, same.origin, same.timeout) == ("long", "long", 9)
        assert (same.method, same.func_name, same.job_name) == (
            *["myapp.tasks.record"] * 2,
            "shown",
        )
        assert (same.kwargs, same.args) == ({"a": 1}, ())
        assert same.status == JobStatus.QUEUED
        assert same.created_at == same.enqueued_at
        assert before - 1 < (same.created_at - job.created_at).total_seconds() + before
        assert (same.started_at, same.ended_at, same.result, same.exc_info) == (None,) * 4
    assert job.is_queued
    assert waiting(store, "long") == [job.run_id]


def test_a_run_is_started_by_one_process_only(store: JobStore) -> None:
    job = queued(store)
    assert store.start(job.run_id, "worker1") == CLAIMED
    assert store.start(job.run_id, "worker1") == store.start(job.run_id, "worker2") == "started"
    assert store.fetch_run(job.run_id).worker_name == "worker1"
    assert job.is_started
    assert take(store) is None


def test_a_claim_whose_answer_was_lost_is_claimed_by_asking_again(store: JobStore) -> None:
    run = queued(store).run_id
    asked = ((store.keys.record(run),), store.keys.prefix, run, "1700000000.5", "worker1")
    answers = [store.run_script("start", *asked) for _ in range(2)]
    assert answers == [CLAIMED.encode()] * 2


def test_a_finished_run_has_its_result_and_times(store: JobStore) -> None:
    job = queued(store)
    run = started(store)
    result = {"address": Address("Main", 1), "colour": Colour.RED, "pair": (1, -0.0)}
    assert store.finish(run, result) == "finished"
    assert job.is_finished
    assert shape(job.result) == shape(job.return_value()) == shape(result)
    assert job.exc_info is None
    assert job.enqueued_at <= job.started_at <= job.ended_at  # type: ignore[operator]


def test_a_result_that_cannot_be_kept_is_kept_as_a_text(store: JobStore) -> None:
    class NoText:
        def __reduce__(self) -> Any:
            raise TypeError("never")

        def __repr__(self) -> str:
            raise RuntimeError("not even that")

    for result, text in (((i for i in ()), "generator object"), (NoText(), "NoText")):
        job = queued(store)
        assert store.finish(started(store), result) == "finished"
        assert text in job.result


def test_a_failed_run_has_its_traceback(store: JobStore) -> None:
    job = queued(store)
    assert store.fail(started(store), "Traceback: \ud83d broken") == "failed"
    assert job.is_failed
    assert job.exc_info == "Traceback: \\ud83d broken"


def test_what_has_ended_stays_as_it_ended(store: JobStore) -> None:
    job = queued(store)
    run = started(store)
    assert store.end(job, JobStatus.STOPPED, reason="stopped by someone") == JobStatus.STOPPED
    assert store.finish(run, "late") == "stopped"
    assert store.fail(run, "late") == "stopped"
    job.refresh()
    assert (job.status, job.result, job.exc_info) == (JobStatus.STOPPED, None, "stopped by someone")


def test_a_run_that_waits_is_not_finished(store: JobStore) -> None:
    job = queued(store)
    assert store.finish(job.run_id, 1) == "queued"
    assert job.is_queued


def test_what_is_gone_is_gone_for_every_step(store: JobStore) -> None:
    job = queued(store, "gone")
    job.delete()
    assert store.start(job.run_id, "worker") == store.finish(job.run_id, 1) == ""
    for step in (job.refresh, job.get_status, lambda: store.fetch(job.id), job.requeue):
        with pytest.raises(NoSuchJob):
            step()
    assert job.get_position() is None
    assert keys(store) == ["places"]


# -- cancel, delete, requeue


def test_a_canceled_job_leaves_its_queue(store: JobStore) -> None:
    first, second = queued(store), queued(store)
    first.cancel()
    assert first.is_canceled
    assert take_all(store) == [second.run_id]


def test_a_canceled_job_does_not_start(store: JobStore) -> None:
    job = queued(store)
    job.cancel()
    assert store.start(job.run_id, "worker") == "canceled"


def test_only_a_waiting_job_is_canceled(store: JobStore) -> None:
    job = queued(store)
    started(store)
    with pytest.raises(InvalidJobOperation, match="is started: only one that waits"):
        job.cancel()
    assert job.is_started
    store.finish(job.run_id, 1)
    with pytest.raises(InvalidJobOperation, match="is finished: only one that waits"):
        job.cancel()
    job = queued(store)
    job.cancel()
    with pytest.raises(InvalidJobOperation, match="is canceled: only one that waits"):
        job.cancel()


def test_a_deleted_job_leaves_nothing_wherever_it_stood(store: JobStore) -> None:
    jobs = [queued(store, f"job{number}", queue="short") for number in range(5)]
    running = started(store, "short")
    store.finish(started(store, "short"), 1)
    store.fail(started(store, "short"), "x")
    take(store, "short", consumer="other")
    assert running == jobs[0].run_id
    for job in jobs:
        job.delete()
    left = [key for key in keys(store) if not key.startswith("inflight")]
    assert [key for key in left if not key.startswith("spent:")] == [
        *("consumers", "consumers:server", "places"),
    ]


@pytest.mark.parametrize("end", [JobStatus.FAILED, JobStatus.STOPPED, JobStatus.CANCELED])
def test_an_ended_job_is_run_again_under_its_id(store: JobStore, end: JobStatus) -> None:
    job = queued(store, "again", kwargs={"n": 5}, queue="long")
    store.end(job, end)
    again = job.requeue()
    assert (again.id, again.kwargs, again.queue) == (job.id, {"n": 5}, "long")
    assert again.run_id != job.run_id
    assert [(one.run_id, one.status) for one in again.attempts] == [(job.first_run, end)]
    assert again.is_queued
    assert store.fetch(job.id) == again
    assert waiting(store, "long") == [again.run_id]


def test_a_job_without_an_id_of_its_own_is_found_after_it_was_requeued(store: JobStore) -> None:
    job = queued(store)
    store.fail(started(store), "x")
    assert store.fetch(job.id).run_id == job.run_id
    again = job.requeue()
    assert store.fetch(job.id).run_id == again.run_id != job.run_id


def test_a_job_that_has_not_ended_is_not_requeued(store: JobStore) -> None:
    job = queued(store)
    with pytest.raises(InvalidJobOperation, match="is queued: only an ended one"):
        job.requeue()
    started(store)
    with pytest.raises(InvalidJobOperation, match="is started: only an ended one"):
        job.requeue()


# -- ids


def test_of_runs_with_one_id_the_newest_is_found(store: JobStore) -> None:
    runs = [queued(store, "same", enqueued_at=1000.0 + n) for n in range(3)]
    assert store.fetch(f"{SITE}::same") == runs[2]
    assert store.fetch(runs[0].run_id) == runs[0]
    runs[2].delete()
    assert store.fetch(f"{SITE}::same") == runs[1]


def test_an_id_is_active_while_any_run_of_it_is(store: JobStore) -> None:
    job_id = f"{SITE}::same"
    assert not store.is_active(job_id)
    queued(store, "same")
    queued(store, "same")
    first = started(store)
    assert store.is_active(job_id)
    store.finish(first, 1)
    assert store.is_active(job_id)
    second = started(store)
    assert store.is_active(job_id)
    store.fail(second, "x")
    assert not store.is_active(job_id)
    assert store.fetch(job_id).run_id == second


def test_a_job_with_a_made_id_is_active_too(store: JobStore) -> None:
    job = queued(store)
    assert store.is_active(job.id)
    store.finish(started(store), 1)
    assert not store.is_active(job.id)


def test_an_id_is_active_at_every_moment_when_the_next_run_comes_before_one_ends(
    store: JobStore,
) -> None:
    """As a retry does; what waits for an id, and who asks before enqueueing it, trusts that."""

    def repeat(times: int) -> None:
        run = first
        for _ in range(times):
            run, before = queued(store, "again"), run
            store.end(before, JobStatus.CANCELED, reason="the next run is there")

    first = queued(store, "again")
    with ThreadPoolExecutor() as threads:
        repeating = threads.submit(repeat, 500)
        while not repeating.done():
            assert store.is_active(first.id)
        repeating.result()


# -- deduplicate


def test_a_duplicate_is_not_enqueued_while_the_first_waits_or_runs(store: JobStore) -> None:
    first = queued(store, "once", deduplicate=True)
    assert enqueue(store, "once", deduplicate=True) is None
    started(store)
    assert enqueue(store, "once", deduplicate=True) is None
    assert enqueue(store, "other", deduplicate=True) is not None
    assert store.fetch(first.id) == first


@pytest.mark.parametrize("end", [JobStatus.FINISHED, JobStatus.FAILED, JobStatus.CANCELED])
def test_an_ended_one_is_replaced(store: JobStore, end: JobStatus) -> None:
    first = queued(store, "once", deduplicate=True)
    store.end(first, end)
    second = queued(store, "once", deduplicate=True)
    assert store.fetch(first.id) == second
    with pytest.raises(NoSuchJob):
        first.refresh()
    assert store.counts()[end] == 0


def test_without_deduplicate_both_are_enqueued_and_a_third_with_it_is_not(store: JobStore) -> None:
    runs = [queued(store, "same"), queued(store, "same")]
    assert enqueue(store, "same", deduplicate=True) is None
    assert take_all(store) == [run.run_id for run in runs]


def test_an_older_run_that_still_works_stands_in_the_way(store: JobStore) -> None:
    queued(store, "same")
    working = started(store)
    queued(store, "same")
    newer = started(store)
    store.finish(newer, 1)
    assert enqueue(store, "same", deduplicate=True) is None
    store.finish(working, 1)
    assert enqueue(store, "same", deduplicate=True) is not None


def test_the_ids_of_sites_are_their_own(store: JobStore) -> None:
    assert enqueue(store, "once", deduplicate=True) is not None
    other = replace(message(), id="site2::once", site="site2")
    assert store.enqueue(other, deduplicate=True) is not None


def test_the_same_run_again_is_our_own_retry(store: JobStore) -> None:
    one = message("once")
    for _ in range(2):
        assert store.enqueue(one, deduplicate=True) is not None
    assert waiting(store) == [one.run]


# -- places in the queue


def test_first_in_first_out_and_the_position_says_so(store: JobStore) -> None:
    jobs = [queued(store) for _ in range(4)]
    assert [job.get_position() for job in jobs] == [0, 1, 2, 3]
    assert take(store) == jobs[0].run_id
    assert [job.get_position() for job in jobs] == [None, 0, 1, 2]
    assert take_all(store) == [job.run_id for job in jobs[1:]]


def test_at_front_is_last_in_first_out_in_its_own_queue_only(store: JobStore) -> None:
    plain = [queued(store, queue=queue) for queue in ("default", "long") for _ in range(2)]
    front = [queued(store, queue="long", front=1) for _ in range(3)]
    assert [job.get_position() for job in front] == [2, 1, 0]
    assert take_all(store, "default", "long") == [
        job.run_id for job in [*plain[:2], *front[::-1], *plain[2:]]
    ]


def test_at_front_when_starved_jumps_only_when_more_than_so_many_wait(store: JobStore) -> None:
    for _ in range(16):
        queued(store)
    patient = queued(store, front=16)
    assert patient.get_position() == 16
    hasty = queued(store, front=16)
    assert hasty.get_position() == 0
    assert queued(store, front=16, queue="short").get_position() == 0


def test_an_overloaded_queue_refuses_with_the_numbers_and_the_way_out(store: JobStore) -> None:
    for _ in range(3):
        queued(store, at_most=3)
    with pytest.raises(
        QueueOverloaded, match=r"3 jobs of site site1 wait.*'default'.*have 3 there.*raise max_"
    ):
        enqueue(store, at_most=3)
    queued(store, queue="long", at_most=3)
    started(store)
    queued(store, at_most=3)
    assert store.counts()[JobStatus.QUEUED] == 4


# -- due times


def claim(store: JobStore, due: float) -> Claim:
    return Claim(store.keys.due(SITE, "myapp.tasks.daily"), due)


def test_a_due_time_is_acted_on_once(store: JobStore) -> None:
    assert enqueue(store, claim=claim(store, 1000.0)) is not None
    for due in (1000.0, 999.5, 0.0):
        with pytest.raises(AlreadyActedOn):
            enqueue(store, claim=claim(store, due))
    assert enqueue(store, claim=claim(store, 1000.5)) is not None
    assert store.counts()[JobStatus.QUEUED] == 2


def test_other_entries_and_sites_have_due_times_of_their_own(store: JobStore) -> None:
    assert enqueue(store, claim=claim(store, 1000.0)) is not None
    for other in (Claim(store.keys.due("site2", "a"), 5.0), Claim(store.keys.due(SITE, "b"), 5.0)):
        assert enqueue(store, claim=other) is not None


def test_a_due_time_that_met_a_duplicate_is_acted_on_too(store: JobStore) -> None:
    queued(store, "entry")
    assert enqueue(store, "entry", deduplicate=True, claim=claim(store, 1000.0)) is None
    started(store)
    with pytest.raises(AlreadyActedOn):
        enqueue(store, "entry", deduplicate=True, claim=claim(store, 1000.0))


def test_a_due_time_that_met_an_overloaded_queue_is_still_due(store: JobStore) -> None:
    queued(store)
    with pytest.raises(QueueOverloaded):
        enqueue(store, at_most=1, claim=claim(store, 1000.0))
    assert enqueue(store, at_most=2, claim=claim(store, 1000.0)) is not None


def test_each_due_time_that_was_acted_on_is_kept_with_what_came_of_it(store: JobStore) -> None:
    for due in (1000.0, 1001.0):
        enqueue(store, "entry", deduplicate=True, claim=claim(store, due))
    store.finish(started(store), None)
    enqueue(store, "entry", deduplicate=True, claim=claim(store, 1005.0))
    acted = [json.loads(entry) for entry in store.client.lrange(store.keys.acted, 0, -1)]
    assert {entry["entry"] for entry in acted} == {f"{SITE}:myapp.tasks.daily"}
    assert [(e["after"], e["due"], e["outcome"]) for e in acted] == [
        ("1001.0", "1005.0", "enqueued"),
        ("1000.0", "1001.0", "duplicate"),
        ("", "1000.0", "enqueued"),
    ]
    first, second = acted[2]["run"], acted[0]["run"]
    assert acted[1]["run"] == first != second


def test_our_own_retry_of_a_due_time_is_no_second_one(store: JobStore) -> None:
    one = message("entry")
    for _ in range(2):
        assert store.enqueue(one, claim=claim(store, 1000.0)) is not None
    assert waiting(store) == [one.run]


# -- altered records


def test_an_altered_result_is_refused_when_it_is_read(store: JobStore) -> None:
    job = queued(store)
    store.finish(started(store), {"paid": 100})
    sealed = bytearray(store.client.hget(store.keys.record(job.run_id), "result"))
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        store.client.hset(store.keys.record(job.run_id), "result", bytes(altered))
        job.refresh()
        with pytest.raises(Refused):
            job.result  # noqa: B018
    store.client.hset(store.keys.record(job.run_id), "result", bytes(sealed))
    job.refresh()
    assert job.result == {"paid": 100}


def test_the_result_of_another_run_is_refused(store: JobStore) -> None:
    rich, poor = queued(store), queued(store)
    for amount in (100, 1):
        store.finish(started(store), amount)
    other = store.client.hget(store.keys.record(rich.run_id), "result")
    store.client.hset(store.keys.record(poor.run_id), "result", other)
    poor.refresh()
    with pytest.raises(Refused, match=rich.run_id):
        poor.result  # noqa: B018
    assert rich.result == 100


def test_an_altered_message_is_refused_by_all_that_reads_it(store: JobStore) -> None:
    job = queued(store, kwargs={"amount": 1})
    job = store.fetch_run(job.run_id)
    store.fail(started(store), "x")
    store.client.hset(store.keys.record(job.run_id), "message", message().seal(store.signer)[:-1])
    for reading in (lambda: job.kwargs, lambda: job.description, job.requeue):
        with pytest.raises(Refused):
            reading()
    assert waiting(store) == []


def test_the_message_of_another_run_is_refused_too(store: JobStore) -> None:
    other = queued(store, kwargs={"amount": 1000})
    take(store)
    job = store.fetch_run(queued(store, kwargs={"amount": 1}).run_id)
    store.fail(started(store), "x")
    store.client.hset(store.keys.record(job.run_id), "message", store.message_of(other.run_id))
    for reading in (lambda: job.kwargs, lambda: job.description, job.requeue):
        with pytest.raises(Refused, match=other.run_id):
            reading()
    assert waiting(store) == []
