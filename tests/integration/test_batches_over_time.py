"""Batches whose jobs run again, are deleted or expire; when one is over, and when forgotten."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

import pytest

import frappe_celery
from frappe_celery import batch
from frappe_celery.errors import ConfigError, InvalidJobOperation, NoSuchJob, QueueOverloaded
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.batches import batch_state
from frappe_celery.jobs.queue.scheduled import promote
from frappe_pages import job_actions
from tests.integration.stores import let_go, message, started, take, waiting
from tests.integration.test_batches import ANYWAY, REPORT, WORK, counts, made, making, methods, run

DAY = 86_400


@pytest.fixture
def store(choose: Callable[..., JobStore]) -> JobStore:
    return choose()


def promote_all(store: JobStore) -> None:
    for _ in range(10):
        promote(store)


def time_passes(store: JobStore, b: frappe_celery.Batch, seconds: float = DAY + 1) -> None:
    """Since its end."""
    store.client.hincrbyfloat(store.keys.batch(b.id), "ended_at", -seconds)
    batch_state.tend(store, math.inf)


def repeat(store: JobStore, **again: Any) -> str:
    """The next job's run fails and is repeated; the id of the failed one."""
    run_id = started(store, "default")
    store.enqueue(store.fetch_run(run_id).opened.next_run("again"), **again)
    store.fail(run_id, "broken", following="again")
    return run_id


def test_what_has_finished_when_it_was_repeated_has_not_failed_once_that_is_gone(
    store: JobStore,
) -> None:
    b = made(2)
    repeat(store, front=1)
    assert run(store).run_id == "again"
    store.fetch_run("again").delete()
    assert counts(b) == (1, 1, 0, 0)
    assert list(b.jobs("finished")) == []
    run(store)
    assert sorted(methods(store)) == [ANYWAY, REPORT]


def test_a_repetition_that_is_deleted_counts_as_canceled(store: JobStore) -> None:
    b = made(1)
    repeat(store, at=time.time() + 1000)
    store.fetch_run("again").delete()
    assert counts(b) == (0, 0, 0, 1)


@pytest.mark.parametrize("number", [1, 120])
def test_it_is_not_over_while_what_a_requeue_brings_back_is_still_to_come(
    store: JobStore, number: int
) -> None:
    with batch("Close", on_ended=ANYWAY, on_finished=REPORT) as b:
        first = b.enqueue(WORK, n=1)
        b.options(depends_on=first).enqueue_many(WORK, [{"n": 2}] * number)
        b.enqueue(WORK, n=3)
    run(store, fails=True)
    promote_all(store)
    first.requeue(dependants=True)
    run(store)  # the last one
    store.finish(started(store, "default"), 1)
    batch_state.tend(store, math.inf)
    promote_all(store)
    assert (b.state().status, counts(b)) == ("going", (number, 2, 0, 0))
    for _ in range(number):
        run(store)
    assert sorted(methods(store)) == [ANYWAY, REPORT]


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Somebody acts once the list of a batch's members has been read."""
    real = batch_state.members

    def members(*args: str) -> Any:
        found = list(real(*args))  # type: ignore[arg-type]
        monkeypatch.setattr(batch_state, "members", real)
        act()
        return iter(found)

    monkeypatch.setattr(batch_state, "members", members)


@pytest.mark.parametrize("on_the_page", [False, True])
def test_what_somebody_else_requeued_and_has_finished_is_not_requeued(
    store: JobStore, monkeypatch: pytest.MonkeyPatch, on_the_page: bool
) -> None:
    b = made(2)
    for _ in range(2):
        run(store, fails=True)
    run(store)  # on_ended

    def requeue() -> None:
        assert b.requeue_failed() == 2
        for _ in range(2):
            run(store)

    meanwhile(monkeypatch, requeue)
    if on_the_page:
        assert job_actions.requeue_failed(store, b.state()) == ([], 0)
    else:
        assert b.requeue_failed() == 0
    assert (methods(store), counts(b)) == ([REPORT], (0, 2, 0, 0))


def test_cancel_counts_what_it_cancels_with_others(store: JobStore) -> None:
    with batch("Close") as b:
        jobs = [b.enqueue(WORK)]
        for _ in range(9):
            jobs.append(b.options(depends_on=jobs[-1]).enqueue(WORK))
    assert b.cancel() == 10
    assert counts(b) == (0, 0, 0, 10)


def test_no_job_of_one_that_is_not_whole_runs_after_a_requeue(store: JobStore) -> None:
    b, _, _ = making(store)
    (job,) = b.jobs()
    job.cancel()
    with pytest.raises(InvalidJobOperation, match="batch close is not whole yet"):
        job.requeue()
    assert take(store) is None


def test_an_attempt_is_not_requeued_while_the_next_one_runs(store: JobStore) -> None:
    made(1)
    failed = repeat(store)
    assert started(store, "default") == "again"
    with pytest.raises(InvalidJobOperation, match="is started: only an ended one is requeued"):
        store.requeue(store.fetch_run(failed))
    assert methods(store) == []


def test_it_is_not_forgotten_before_on_finished_has_run(store: JobStore) -> None:
    b = made(1)
    run(store, fails=True)
    run(store)
    batch_state.tend(store, math.inf)
    b.requeue_failed()
    run(store)
    time_passes(store, b, 3 * DAY)
    assert b.state().is_finished
    assert methods(store) == [REPORT]
    run(store)
    batch_state.tend(store, math.inf)
    batch_state.tend(store, math.inf)
    assert batch_state.page(store) == []


def test_results_are_kept_while_on_finished_is_on_its_way(store: JobStore) -> None:
    with batch("Close", on_finished=REPORT) as b:
        first = b.enqueue(WORK, n=1)
    others = frappe_celery.options(depends_on=first)
    others.enqueue_many(WORK, [{"n": 2}] * 150, queue="long")
    store.finish(started(store, "default"), 1)
    batch_state.tend(store, math.inf)  # before all that waited for it is told
    promote_all(store)
    for run_id in waiting(store, "long"):
        store.delete(run_id)
    assert store.client.ttl(store.keys.record(first.run_id)) == -1
    assert methods(store) == [REPORT]
    assert not store.client.hexists(store.keys.batch(b.id), "released")


def test_it_is_kept_while_what_was_stopped_is(store: JobStore) -> None:
    b, stopped = made(1), started(store, "default")
    store.fetch_run(stopped).stop()
    promote(store)
    run(store)
    batch_state.tend(store, math.inf)
    time_passes(store, b)
    assert b.requeue_failed() == 1
    let_go(store, stopped)
    promote(store)
    run(store)
    assert methods(store) == [REPORT]


def test_of_an_outbox_whose_rows_do_not_come_it_is_canceled_after_a_day(store: JobStore) -> None:
    b, late, asked = making(store)
    store.client.hincrby(store.keys.batch(b.id), "relayed_at", -DAY + 10)
    assert batch_state.tend(store, math.inf) == []
    store.client.hincrby(store.keys.batch(b.id), "relayed_at", -20)
    assert batch_state.tend(store, math.inf) == ["close"]
    promote(store)
    assert counts(b) == (0, 0, 0, 1)
    assert "of its outbox" in b.state().reason
    with pytest.raises(InvalidJobOperation, match="canceled"):
        store.enqueue(late, **asked)


def test_a_maker_whose_clock_is_wrong_is_missed_as_soon_as_another(store: JobStore) -> None:
    first = message(
        batch="b",
        depends_on=[("b/made", "batch b", 0)],
        site=store.settings.sites()[0],
        enqueued_at=time.time() + 7200,
    )
    store.enqueue(first, making={"title": "Close", "number": 2})
    store.client.hincrby(store.keys.batch("b"), "alive_at", -61)
    assert batch_state.tend(store) == ["b"]


def test_what_stays_deferred_finds_no_way_round_the_quota(
    choose: Callable[..., JobStore],
) -> None:
    store = choose(16, max_queued_jobs=10)  # and 50 a site
    first = frappe_celery.enqueue(WORK, queue="long")

    def enqueue_some(waiting: int, plain: int) -> None:
        with batch("Close") as b:
            b.options(depends_on=first).enqueue_many(WORK, [{}] * waiting)
            b.enqueue_many(WORK, [{}] * plain)

    enqueue_some(waiting=50, plain=8)
    with pytest.raises(QueueOverloaded, match="50 jobs of site"):
        enqueue_some(waiting=11, plain=0)
    enqueue_some(waiting=10, plain=40)
    assert store.counts()[JobStatus.DEFERRED] == 60
    assert len(waiting(store, "default")) == 48


def test_a_step_that_is_refused_keeps_no_places(choose: Callable[..., JobStore]) -> None:
    store = choose(16, max_queued_jobs=300)
    b = made(1)
    while methods(store):
        run(store)
    with pytest.raises(InvalidJobOperation, match="was ended"):
        b.enqueue_many(WORK, [{}] * 250)
    gone = frappe_celery.enqueue(WORK)
    gone.delete()
    with pytest.raises(NoSuchJob, match="a duplicate, say"):
        frappe_celery.options(depends_on=gone).enqueue_many(WORK, [{}] * 250)
    assert len(frappe_celery.enqueue_many(WORK, [{}] * 250)) == 250


def test_a_callback_is_no_duplicate_of_another_batch_s(store: JobStore) -> None:
    callback = {"method": ANYWAY, "job_id": "report", "deduplicate": True}
    with (
        pytest.raises(ConfigError, match="on_ended: each batch has its own callback"),
        batch("Close", on_ended=callback),
    ):
        pass


def test_a_job_does_not_wait_for_what_waits_for_it(store: JobStore) -> None:
    b = made(1)
    started(store, "default")
    callback = batch_state.callbacks(store, b.id)["on_ended"]
    assert isinstance(callback, Job)
    with pytest.raises(ConfigError, match="a callback of its batch, which waits for it"):
        b.options(depends_on=callback).enqueue(WORK)


def test_one_whose_job_was_requeued_is_going_again(store: JobStore) -> None:
    b = made(1)
    run(store, fails=True)
    assert b.state().status == "ended"
    b.requeue_failed()
    assert (b.state().status, b.state().ended_at) == ("going", None)
    assert batch_state.open_ones(store) == [f"Close ({b.id})"]
    run(store)  # on_ended
    run(store)
    assert b.state().is_finished
    assert b.state().ended_at is not None
    assert batch_state.open_ones(store) == []


def test_what_waits_is_canceled_in_a_few_steps_also_while_workers_go_on(store: JobStore) -> None:
    with batch("Close", on_ended=ANYWAY) as b:
        first = b.enqueue(WORK)
        b.options(depends_on=first).enqueue_many(WORK, [{}] * 700)
        b.enqueue_many(WORK, [{}] * 700, queue="long")
    run_id = started(store, "default")
    steps: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        real = store.run_script
        patched.setattr(store, "run_script", lambda *args: steps.append(args[0]) or real(*args))
        assert b.cancel() == 1400
    assert len(steps) < 80
    assert counts(b) == (1, 0, 0, 1400)
    assert waiting(store, "long") == []
    store.finish(run_id, 1)
    promote_all(store)
    assert methods(store) == [ANYWAY]
    canceled = store.all_of(JobStatus.CANCELED)
    assert {job.exc_info for job in canceled} == {"canceled with its batch before it started"}
