"""One of many: of jobs that ask for the same, one does it."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import after_task_publish, before_task_publish

from frappe_celery import batch, options
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.jobs.resumable.state import line_of
from frappe_celery.worker import again
from tests.integration.stores import broken, keys, let_go, started, take, take_all, waiting
from tests.waiting import wait_until

METHOD = "myapp.core.record"
CHANCES = random.Random(50)


@pytest.fixture
def store(pool_store: JobStore) -> Iterator[JobStore]:
    yield pool_store
    assert not broken(pool_store)


def ask(text: str = "x", **said: Any) -> Job | None:
    return options(**said).enqueue(METHOD, text=text)


def asked(text: str = "x", **said: Any) -> Job:
    job = ask(text, **said)
    assert job is not None
    return job


def end(store: JobStore, run: str, status: str = "finished") -> None:
    """The process that has it ends it."""
    if status == "finished":
        store.finish(run, None)
    elif status == "stopped":
        store.fetch_run(run).stop()
    else:
        store.fail(run, "broken")
    let_go(store, run)


# -- unique_for


def test_within_its_time_one_alone_is_enqueued_also_after_it_has_finished(store: JobStore) -> None:
    first = asked(unique_for=600)
    assert ask(unique_for=600) is None
    end(store, started(store))
    assert ask(unique_for=600) is None
    assert first.get_status() == JobStatus.FINISHED
    assert ask("another", unique_for=600) is not None


def test_after_its_time_another_is_enqueued(store: JobStore) -> None:
    asked(unique_for=0.2)
    wait_until(lambda: ask(unique_for=0.2) is not None)


@pytest.mark.parametrize("how", ["failed", "stopped", "canceled", "deleted"])
def test_what_has_not_done_it_is_in_nobodys_way(store: JobStore, how: str) -> None:
    first = asked(unique_for=600)
    if how == "canceled":
        first.cancel()
    elif how == "deleted":
        first.delete()
    else:
        end(store, started(store), how)
    second = asked(unique_for=600)
    if how == "deleted":
        return
    first.delete()  # its record says nothing of the other's
    assert ask(unique_for=600) is None
    assert second.get_status() == JobStatus.QUEUED


def test_one_that_is_repeated_has_not_failed_for_good(store: JobStore) -> None:
    first = asked(unique_for=600, retry=1)
    run = started(store)
    following = again.after_failure(first.opened, 1)
    assert following is not None
    store.fail(run, "broken", following=following.run)
    let_go(store, run)
    assert ask(unique_for=600) is None
    store.fetch_run(following.run).cancel()
    assert ask(unique_for=600) is not None


def test_a_key_says_which_are_the_same(store: JobStore) -> None:
    asked("one", unique_for=600, unique_key="customer-7")
    assert ask("two", unique_for=600, unique_key="customer-7") is None
    assert ask("two", unique_for=600, unique_key="customer-8") is not None
    assert ask("two", unique_for=600) is not None


# -- debounce


def due(store: JobStore, job: Job) -> float:
    return float(store.client.zscore(store.keys.scheduled, job.run_id))


def test_it_runs_once_nobody_has_asked_for_so_long_with_the_newest_arguments(
    store: JobStore,
) -> None:
    said = {"debounce": 0.3, "unique_key": "one"}
    first = asked("first", **said)
    assert first.status == JobStatus.SCHEDULED
    for text in ("second", "third"):
        before = due(store, first)
        assert asked(text, **said) == first
        assert before < due(store, first) <= time.time() + 0.3
    assert store.fetch_run(first.run_id).kwargs == {"text": "third"}
    wait_until(lambda: (promote(store), waiting(store))[1] == [first.run_id])
    second = asked("fourth", **said)
    assert second != first  # it waits no more for others
    assert take_all(store) == [first.run_id]


def test_it_runs_at_the_latest_after_max_wait(store: JobStore) -> None:
    began = time.time()
    first = asked("first", debounce=50, max_wait=60, unique_key="one")
    latest = time.time() + 60
    for debounce in (55, 60):
        asked("later", debounce=debounce, max_wait=60, unique_key="one")
        assert began + debounce < due(store, first) <= latest
    asked("again", debounce=60, max_wait=60, unique_key="one")
    assert due(store, first) <= latest


# -- keep_newest


def test_the_one_that_waits_keeps_its_place_with_the_newest_arguments(store: JobStore) -> None:
    said = {"keep_newest": True, "unique_key": "one"}
    first, other = asked("first", **said), asked("other")
    assert asked("second", **said) == first
    assert waiting(store) == [first.run_id, other.run_id]
    assert store.fetch_run(first.run_id).kwargs == {"text": "second"}


def test_beside_one_that_runs_one_waits_until_that_has_ended(store: JobStore) -> None:
    said = {"keep_newest": True, "unique_key": "one"}
    first = asked("first", **said)
    run = started(store)
    second = asked("second", **said)
    assert (second != first, second.get_status()) == (True, JobStatus.DEFERRED)
    assert asked("third", **said) == second
    assert take(store) is None
    end(store, run, CHANCES.choice(["finished", "failed"]))
    assert started(store) == second.run_id
    third = asked("fourth", **said)
    assert third.get_status() == JobStatus.DEFERRED
    end(store, second.run_id)
    assert store.fetch_run(second.run_id).kwargs == {"text": "third"}
    end(store, started(store))
    assert not [key for key in keys(store) if key.startswith("unique:")]


@pytest.mark.parametrize("how", ["canceled", "deleted"])
def test_where_the_one_that_waits_is_taken_away_the_next_one_waits_too(
    store: JobStore, how: str
) -> None:
    said = {"keep_newest": True, "unique_key": "one"}
    asked("first", **said)
    run = started(store)
    second = asked("second", **said)
    second.cancel() if how == "canceled" else second.delete()
    third = asked("third", **said)
    assert (third != second, third.get_status()) == (True, JobStatus.DEFERRED)
    end(store, run)
    assert started(store) == third.run_id


def test_the_one_that_is_changed_is_told_as_it_is_now(store: JobStore) -> None:
    said = {"keep_newest": True, "unique_key": "one"}
    first = asked("first", **said)
    line = line_of(first.opened)
    second = asked("second", **said)
    assert (second, second.kwargs) == (first, {"text": "second"})
    now = store.fetch_run(first.run_id).opened
    assert line_of(now) != line, "what was done of it was another's work"


def test_another_method_with_the_same_key_is_another_job(store: JobStore) -> None:
    said = {"keep_newest": True, "unique_key": "one"}
    first = asked("first", **said)
    other = options(**said).enqueue("myapp.core.echo", foo=1)
    assert other not in (None, first)


def test_what_is_nested_is_compared_without_its_order(store: JobStore) -> None:
    once = options(unique_for=60)
    assert once.enqueue(METHOD, text={"a": 1, "b": [2]}) is not None
    assert once.enqueue(METHOD, text={"b": [2], "a": 1}) is None


def test_after_a_requeue_it_is_the_new_run_that_counts(store: JobStore) -> None:
    first = asked(unique_for=600)
    end(store, started(store))
    first.requeue()
    end(store, started(store), "failed")
    assert ask(unique_for=600) is not None


def test_a_repetition_is_not_put_off(store: JobStore) -> None:
    said = {"debounce": 60, "unique_key": "one"}
    first = asked("first", retry=1, **said)
    store.client.zadd(store.keys.scheduled, {first.run_id: 0})
    promote(store)
    run = started(store)
    following = again.after_failure(first.opened, 1)
    assert following is not None
    store.fail(run, "broken", following=following.run)
    let_go(store, run)
    assert asked("second", **said) != first
    assert store.fetch_run(following.run).kwargs == {"text": "first"}


def test_who_listens_hears_the_end_of_each_call(store: JobStore) -> None:
    heard: list[str] = []

    def before(**_: Any) -> None:
        heard.append("before")

    def after(**_: Any) -> None:
        heard.append("after")

    before_task_publish.connect(before)
    after_task_publish.connect(after)
    try:
        for text in ("first", "second"):
            asked(text, keep_newest=True, unique_key="one")
    finally:
        before_task_publish.disconnect(before)
        after_task_publish.disconnect(after)
    assert heard == ["before", "after"] * 2


# -- what does not go together


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({"unique_for": 0}, "unique_for is 0; it must be a number of seconds above 0"),
        ({"debounce": "5"}, "debounce is '5'"),
        ({"debounce": 5, "max_wait": 4}, "max_wait=4 needs debounce"),
        ({"max_wait": 4}, "max_wait=4 needs debounce"),
        ({"unique_for": 5, "keep_newest": True}, "say one of unique_for, debounce, keep_newest"),
        ({"unique_for": 5, "unique_key": ""}, "unique_key='': it is a text"),
        ({"unique_key": "x"}, "say one of .*; unique_key goes with each"),
        ({"keep_newest": 1.5}, "keep_newest is 1.5"),
    ],
)
def test_values_that_cannot_be_followed(said: dict[str, Any], error: str) -> None:
    with pytest.raises(ConfigError, match=error):
        options(**said)


def test_what_does_not_go_together(store: JobStore) -> None:
    once = options(unique_for=5)
    with pytest.raises(ConfigError, match="one call"):
        once(test_values_that_cannot_be_followed)
    with pytest.raises(ConfigError, match="one job"):
        once.enqueue_many(METHOD, [{}])
    for more in ({"now": True}, {"is_async": False}, {"deduplicate": True, "job_id": "x"}):
        with pytest.raises(ConfigError, match="go with none of"):
            once.enqueue(METHOD, **more)
    for waits in (lambda: once.enqueue_in(5, METHOD), lambda: _in_a_batch(once)):
        with pytest.raises(ConfigError, match="go with none of"):
            waits()
    with pytest.raises(ConfigError, match="unique_key"):
        once.enqueue(METHOD, text=object)
    assert not take_all(store)


def _in_a_batch(once: Any) -> None:
    with batch("some") as some:
        some.options(unique_for=5).enqueue(METHOD)


# -- transactions


@pytest.mark.parametrize("commits", [True, False])
def test_what_a_transaction_asks_counts_at_its_commit(store: JobStore, commits: bool) -> None:
    import frappe

    first = asked("first", keep_newest=True, unique_key="one")
    frappe.init("site1.localhost", force=True)
    frappe.connect()
    frappe.get_doc(doctype="ToDo", description="x").insert()
    assert ask("second", keep_newest=True, unique_key="one") is None
    assert store.fetch_run(first.run_id).kwargs == {"text": "first"}
    with pytest.raises(ConfigError, match="unique_key"):  # at once, not at the commit
        ask(object, keep_newest=True)  # type: ignore[arg-type]
    frappe.db.commit() if commits else frappe.db.rollback()
    frappe.destroy()
    assert store.fetch_run(first.run_id).kwargs == {"text": "second" if commits else "first"}
