"""Batches, step by step: when their jobs are handed out, what is counted, what follows."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import frappe_celery
from frappe_celery import batch
from frappe_celery.errors import ConfigError, InvalidJobOperation, NoSuchJob, QueueOverloaded
from frappe_celery.jobs import Job, JobStatus, JobStore, hosts
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.batches.batch_state import BatchState
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.scheduled import promote
from tests.integration.stores import message, started, take, waiting

WORK, REPORT, ANYWAY = "myapp.tasks.work", "myapp.tasks.report", "myapp.tasks.anyway"


@pytest.fixture
def store(choose: Callable[..., JobStore]) -> JobStore:
    return choose()


def made(number: int = 2, **given: Any) -> frappe_celery.Batch:
    """A batch of some jobs with both callbacks."""
    with batch("Close", on_finished=REPORT, on_ended=ANYWAY, **given) as b:
        b.enqueue_many(WORK, ({"n": n} for n in range(number)))
    return b


def methods(store: JobStore) -> list[str]:
    """Of what waits in the queue."""
    return [store.fetch_run(run).method for run in waiting(store, "default")]


def run(store: JobStore, fails: bool = False) -> Job:
    """The next one runs as by a worker."""
    job = store.fetch_run(started(store, "default"))
    if fails:
        store.fail(job.run_id, "broken")
    else:
        store.finish(job.run_id, 1)
    promote(store)
    return job


def counts(b: frappe_celery.Batch) -> tuple[int, int, int, int]:
    s = b.state()
    return s.going, s.finished, s.failed, s.canceled


def test_it_is_enqueued_when_its_block_ends_and_both_callbacks_follow(store: JobStore) -> None:
    with batch("Close", on_finished=REPORT, on_ended={"method": ANYWAY, "queue": "long"}) as b:
        job = b.enqueue(WORK, n=1)
        b.enqueue_many(WORK, [{"n": 2}, {"n": 3}])
        assert store.find(job.id) is None
        with pytest.raises(NoSuchJob):
            b.state()
    assert methods(store) == [WORK] * 3
    assert (b.state().status, counts(b)) == ("going", (3, 0, 0, 0))
    for _ in range(3):
        run(store)
    assert (methods(store), len(waiting(store, "long"))) == ([REPORT], 1)
    assert b.state().is_finished
    assert run(store).opened.batch == b.id
    assert counts(b) == (0, 3, 0, 0)


def test_what_fails_keeps_on_finished_back_until_it_is_requeued(store: JobStore) -> None:
    b = made()
    run(store, fails=True)
    run(store)
    assert methods(store) == [ANYWAY]
    assert (b.state().status, counts(b)) == ("ended", (0, 1, 1, 0))
    run(store)
    assert b.requeue_failed() == 1
    assert counts(b) == (1, 1, 0, 0)
    run(store)
    assert methods(store) == [REPORT]
    assert not store.client.exists(store.keys.failed_members(b.id)), "what failed is searched there"
    run(store)
    assert methods(store) == []


def test_what_was_stopped_is_requeued_too(store: JobStore) -> None:
    b = made(2)
    run(store, fails=True)
    store.fetch_run(started(store, "default")).stop()
    assert counts(b) == (0, 0, 2, 0)
    assert b.requeue_failed() == 2
    assert counts(b) == (2, 0, 0, 0)


def test_a_repetition_is_the_same_job(store: JobStore) -> None:
    b = made(1)
    run_id = started(store, "default")
    again = store.fetch_run(run_id).opened.next_run("again")
    store.enqueue(again)
    store.fail(run_id, "broken", following="again")
    assert counts(b) == (1, 0, 0, 0)
    run(store)
    assert sorted(methods(store)) == [ANYWAY, REPORT]


def test_an_exception_in_the_block_leaves_nothing(store: JobStore) -> None:
    def breaks() -> None:
        with batch("Close", on_ended=ANYWAY) as b:
            b.enqueue(WORK)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        breaks()
    assert store.client.keys(store.keys.record("*")) == []
    assert batch_state.page(store) == []


def test_an_empty_one_goes_on_at_once(store: JobStore) -> None:
    b = made(0)
    assert sorted(methods(store)) == [ANYWAY, REPORT]
    assert b.state().is_finished
    with batch("Nothing"):
        pass
    assert len(batch_state.page(store)) == 1


def test_a_running_job_adds_to_it_and_nothing_is_called_early(store: JobStore) -> None:
    b = made(1)
    run_id = started(store, "default")
    added = b.enqueue(WORK, job_id="more", deduplicate=True)
    assert b.enqueue(WORK, job_id="more", deduplicate=True) is None
    b.enqueue_many(WORK, [{"n": 1}, {"n": 2}])
    store.finish(run_id, 1)
    assert counts(b) == (3, 1, 0, 0)
    for _ in range(3):
        assert methods(store)[:1] == [WORK]
        run(store)
    assert added.get_status() == JobStatus.FINISHED
    assert sorted(methods(store)) == [ANYWAY, REPORT]
    with pytest.raises(InvalidJobOperation, match=f"batch {b.id} was ended: only its own jobs"):
        b.enqueue(WORK)
    assert counts(b) == (0, 4, 0, 0)


def test_a_member_that_is_deleted_canceled_or_purged_counts(store: JobStore) -> None:
    b = made(4)
    deleted, canceled, *_ = b.jobs()
    deleted.delete()
    canceled.cancel()
    assert counts(b) == (2, 0, 0, 2)
    run(store)
    store.purge("default")
    promote(store)
    assert counts(b) == (0, 1, 0, 3)
    assert methods(store) == [ANYWAY]


def test_what_has_finished_stays_so_when_it_is_deleted(store: JobStore) -> None:
    b = made(2)
    run(store).delete()
    run(store)
    assert counts(b) == (0, 2, 0, 0)
    assert sorted(methods(store)) == [ANYWAY, REPORT]


def test_as_many_come_into_a_queue_as_may_wait_there(choose: Callable[..., JobStore]) -> None:
    choose(16, max_queued_jobs=10)
    first = frappe_celery.enqueue(WORK)
    frappe_celery.options(depends_on=first).enqueue_many(WORK, [{}] * 60)
    b = made(59)
    assert counts(b) == (59, 0, 0, 0)
    with pytest.raises(QueueOverloaded, match="60 jobs"):
        made(1)


def making(store: JobStore) -> tuple[frappe_celery.Batch, JobMessage, dict[str, Any]]:
    """A batch of an outbox, the job that it is to get yet, and how that is enqueued."""
    b = frappe_celery.Batch("close", store.settings.sites()[0], "Close")
    first, late = (
        message(batch=b.id, depends_on=[(f"{b.id}/made", f"batch {b.id}", 0)], site=b.site)
        for _ in range(2)
    )
    asked = {"outbox": True, "making": {"title": "Close", "number": 2}}
    store.enqueue(first, **asked)
    return b, late, asked


def test_nobody_adds_to_one_that_is_still_made(store: JobStore) -> None:
    b, late, asked = making(store)
    with pytest.raises(InvalidJobOperation, match="batch close is not whole yet"):
        b.enqueue(WORK)
    assert (b.state().status, take(store)) == ("making", None)
    store.enqueue(late, **asked)
    assert b.state().status == "going"


def test_one_that_is_canceled_while_it_is_made_gets_no_more(store: JobStore) -> None:
    b, late, asked = making(store)
    assert b.cancel() == 1
    promote(store)
    assert (b.state().status, counts(b)) == ("canceled", (0, 0, 0, 1))
    for _ in range(2):  # its row is not taken for one that was enqueued
        with pytest.raises(InvalidJobOperation, match="batch close was canceled"):
            store.enqueue(late, **asked)


def test_it_is_canceled_and_what_runs_goes_on(store: JobStore) -> None:
    b = made(3)
    run_id = started(store, "default")
    assert b.cancel() == 2
    assert counts(b) == (1, 0, 0, 2)
    store.finish(run_id, 1)
    assert methods(store) == [ANYWAY]


def test_duplicates_do_not_count(store: JobStore) -> None:
    frappe_celery.enqueue(WORK, job_id="x")
    with batch("Close", on_ended=ANYWAY) as b:
        b.enqueue(WORK, job_id="x", deduplicate=True)
        b.enqueue(WORK, job_id="y", deduplicate=True)
        b.enqueue(WORK, job_id="y", deduplicate=True)
    assert counts(b) == (1, 0, 0, 0)
    assert b.state().total == 1
    run(store)
    assert methods(store) == [WORK]
    run(store)
    assert methods(store) == [ANYWAY]


def made_in_part(store: JobStore, error: BaseException, *scripts: str) -> BatchState:
    """Its maker meets an error at the second step of its jobs, and in these scripts."""
    steps = []

    def meets_it(real: Any, script: str, keys: Any, *args: Any) -> Any:
        steps.append(script)
        if script in scripts or (script == "enqueue" and steps.count(script) == 4):
            raise error
        return real(script, keys, *args)

    with pytest.MonkeyPatch.context() as patched:
        for name in ("run_script", "send_script"):
            patched.setattr(store, name, partial(meets_it, getattr(store, name)))
        with pytest.raises(type(error)):
            made(120)
    (found,) = batch_state.page(store)
    return found


def test_one_whose_maker_dies_between_two_steps_is_canceled_with_its_reason(
    store: JobStore,
) -> None:
    found = made_in_part(store, KeyboardInterrupt(), "abort_batch")
    assert found.status == "making"
    assert take(store) is None
    assert batch_state.tend(store, math.inf) == []
    store.client.hincrby(store.keys.batch(found.id), "alive_at", -61)
    assert batch_state.tend(store, math.inf) == [found.id]
    while store.client.exists(store.keys.settling):
        promote(store)
    (found,) = batch_state.page(store)
    assert (found.status, found.going) == ("canceled", 0)
    assert found.reason == "its maker ended before all of it was enqueued"
    jobs = store.all_of(JobStatus.CANCELED)
    assert {job.method for job in jobs} == {WORK, ANYWAY, REPORT}
    assert {job.exc_info for job in jobs} == {f"canceled with batch {found.id}: {found.reason}"}
    assert take(store) is None


def test_one_that_cannot_be_enqueued_whole_is_given_up(store: JobStore) -> None:
    found = made_in_part(store, ValueError("no more"))
    assert (found.status, found.reason) == (
        "canceled",
        "its maker met ValueError before all of it was enqueued",
    )


def test_results_are_kept_until_it_and_its_callbacks_have_ended(store: JobStore) -> None:
    with batch("Close", on_finished=REPORT) as b:
        b.options().enqueue(WORK, n=1)
        b.enqueue(WORK, n=2)
    first = run(store)
    assert store.client.ttl(store.keys.record(first.run_id)) == -1
    run(store)
    batch_state.tend(store, math.inf)
    assert store.client.ttl(store.keys.record(first.run_id)) == -1  # for the callback
    assert [job.result for job in b.jobs()] == [1, 1]
    run(store)
    batch_state.tend(store, math.inf)
    assert 0 < store.client.ttl(store.keys.record(first.run_id)) <= 600


def test_it_is_forgotten_a_day_after_its_end_and_on_finished_is_canceled(store: JobStore) -> None:
    b = made(1)
    failed = run(store, fails=True)
    run(store)  # on_ended
    batch_state.tend(store, math.inf)
    store.client.hincrbyfloat(store.keys.batch(b.id), "ended_at", -86401)
    batch_state.tend(store, math.inf)
    assert b.state().status == "ended"  # its failed job is kept
    store.delete(failed.run_id)
    assert counts(b) == (0, 0, 0, 1)
    batch_state.tend(store, math.inf)
    with pytest.raises(NoSuchJob, match="forgotten"):
        b.state()
    promote(store)
    (report,) = store.all_of(JobStatus.CANCELED)
    assert report.method == REPORT
    assert "did not finish" in str(report.exc_info)


def test_one_that_a_forgotten_batch_had_comes_back_with_what_it_waited_for(store: JobStore) -> None:
    first = frappe_celery.enqueue(WORK, n=1)
    with batch("Then") as then:
        then.options(depends_on=first).enqueue(WORK, n=2)
    run(store, fails=True)
    assert counts(then) == (0, 0, 0, 1)
    batch_state.tend(store, math.inf)
    store.client.hincrbyfloat(store.keys.batch(then.id), "ended_at", -86401)
    batch_state.tend(store, math.inf)
    assert batch_state.page(store) == []
    first.requeue(dependants=True)
    assert [run(store).kwargs["n"] for _ in range(2)] == [1, 2]


def test_a_job_that_ended_unnoticed_is_counted(store: JobStore) -> None:
    b = made(2)
    run(store)
    (lost,) = store.read(waiting(store, "default"))
    assert lost is not None
    store.end(lost, JobStatus.CANCELED)
    members = store.keys.members(b.id)  # as before that: Redis lost a part of its data
    store.client.hset(members, lost.first_run, f"going {lost.id}")
    store.client.hincrby(store.keys.batch(b.id), "going", 1)
    store.client.hincrby(store.keys.batch(b.id), "canceled", -1)
    batch_state.tend(store, math.inf)
    promote(store)
    assert counts(b) == (0, 1, 0, 1)
    assert methods(store) == [ANYWAY]


def test_its_jobs_wait_for_each_other(store: JobStore) -> None:
    with batch("Close") as b:
        first = b.enqueue(WORK, n=1)
        second = b.options(depends_on=first).enqueue(WORK, n=3)
        third = b.enqueue(WORK, n=2)
        b.options(depends_on=[second, third]).enqueue(WORK, n=4)
    assert [run(store).kwargs["n"] for _ in range(4)] == [1, 2, 3, 4]
    assert b.state().is_finished


def test_its_jobs_wait_for_others_too(store: JobStore) -> None:
    with batch("Close", on_finished=REPORT) as b:
        first = b.enqueue(WORK, n=1)
    with batch("Then", on_finished=REPORT) as then:
        second = then.options(depends_on=first).enqueue(WORK, n=2)
    assert methods(store) == [WORK]
    assert second.dependency_ids == [first.id]
    run(store)
    assert sorted(methods(store)) == [REPORT, WORK]
    assert counts(then) == (1, 0, 0, 0)


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"now": True}, "leave out now=True"),
        ({"is_async": False}, "is_async=False"),
        ({"enqueue_after_commit": True}, r"batch\(…, enqueue_after_commit=True\)"),
        ({"queue": "nowhere"}, "nowhere"),
    ],
)
def test_what_a_block_does_not_take(store: JobStore, given: dict[str, Any], what: str) -> None:
    with pytest.raises(frappe_celery.FrappeCeleryError, match=what), batch("Close") as b:
        b.enqueue(WORK, **given)
    assert batch_state.page(store) == []


def test_of_many_what_has_not_ended_is_found_in_a_few_steps(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(300):
        with batch(f"{n}", on_ended=ANYWAY) as b:
            if n % 2:
                b.enqueue(WORK)  # else it has ended
    real, steps = batch_state.read, list[int]()
    monkeypatch.setattr(batch_state, "read", lambda *args: steps.append(len(args)) or real(*args))
    open_ones = [str(n) for n in range(299, 0, -2)]
    assert [one.title for one in batch_state.not_ended(store)] == open_ones
    assert len(steps) == 300 / 100
    assert {one.total for one in batch_state.not_ended(store, store.settings.sites()[0])} == {1}
    assert batch_state.not_ended(store, "another") == []
    monkeypatch.setattr(batch_state, "LOOKED_AT", 100)
    assert [one.title for one in batch_state.not_ended(store)] == open_ones[:50]


def test_what_is_no_batch(store: JobStore) -> None:
    for words, said in (
        ({"title": ""}, "title is ''; it must be a text of 1 to 140"),
        ({"title": 3}, "title is 3"),
        ({"title": "caf\udce9"}, r"title is 'caf\\udce9'; it must be a text that UTF-8 can write"),
        ({"title": "x", "on_ended": 5}, "on_ended is 5; it must be a method"),
        ({"title": "x", "on_finished": {"queue": "long"}}, "on_finished is {'queue': 'long'}"),
    ):
        with pytest.raises(ConfigError, match=said), batch(**words):  # type: ignore[arg-type]
            pass
    with pytest.raises(NoSuchJob, match="'nobody'"):
        frappe_celery.get_batch("nobody")
    with pytest.raises(ConfigError, match="outcome is 'done'"):
        made().jobs("done")
    assert frappe_celery.get_current_batch() is None


def test_a_worker_looks_at_those_that_are_due_for_it_alone(store: JobStore) -> None:
    b = made(1)
    now = store.now()

    def due(after: float) -> int:
        return int(store.client.zcount(store.keys.tending, "-inf", now + after))

    assert due(1) == 1
    batch_state.tend(store)
    assert (due(200), due(301)) == (0, 1)
    for _ in range(3):
        run(store)
    assert due(0) == 1  # it has ended
    batch_state.tend(store)
    assert (due(86000), due(86402)) == (0, 1)
    batch_state.tend(store, now + 86402)  # not a day yet, by Redis's clock
    assert b.state().is_finished


def test_after_the_block_an_answer_says_what_was_a_duplicate(store: JobStore) -> None:
    frappe_celery.enqueue(WORK, job_id="x")
    with batch("Close") as b:
        ids = [{"job_id": name} for name in ("y", "x", "z", "y")]
        answer = b.enqueue_many(WORK, ids, deduplicate=True)
    assert answer.duplicates == [1, 3]
    assert [job and job.is_queued for job in answer] == [True, None, True, None]
    assert b.state().total == 2


def test_what_waits_for_others_says_so(store: JobStore) -> None:
    first = frappe_celery.enqueue(WORK)
    (job,) = frappe_celery.options(depends_on=first).enqueue_many(WORK, [{}])
    assert job.status == JobStatus.DEFERRED == job.get_status()


@pytest.mark.parametrize("after_commit", [False, True])
def test_entries_that_break_in_a_block_or_before_a_commit_say_that_nothing_is_enqueued(
    store: JobStore, after_commit: bool
) -> None:
    def breaks() -> Any:
        yield {"n": 1}
        raise ZeroDivisionError

    with batch("Close") as b:
        enqueue_many = frappe_celery.enqueue_many if after_commit else b.enqueue_many
        given = {"enqueue_after_commit": True} if after_commit else {}
        with pytest.raises(ZeroDivisionError) as raised:
            enqueue_many(WORK, breaks(), **given)
    assert list(raised.value.enqueued) == []  # type: ignore[attr-defined]
    assert raised.value.__notes__ == ["enqueue_many: nothing is enqueued"]
    assert methods(store) == []


def test_a_batch_is_found_from_its_own_site_alone(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    b = made(1)
    assert frappe_celery.get_batch(b.id).state().total == 1
    monkeypatch.setattr(type(hosts.current()), "current_site", lambda self: "other.localhost")
    with pytest.raises(NoSuchJob):
        frappe_celery.get_batch(b.id)
