"""Idle workers are woken for the first job that waits: the others are found with it."""

from __future__ import annotations

from frappe_celery.jobs import JobStore
from tests.integration.stores import queued, started, take
from tests.waiting import HANG_SECONDS, wait_until


def rings(store: JobStore, queue: str = "default") -> bool:
    """Whether it rang for a queue since it was last asked."""
    return store.client.rpop(store.keys.bell_of(queue)) is not None


def test_one_process_is_woken_however_many_came(store: JobStore) -> None:
    for _ in range(3):
        queued(store)
    assert rings(store)
    assert not rings(store)
    queued(store, queue="long")
    assert rings(store, "long"), "another queue may be another worker's"
    assert not rings(store)


def test_it_rings_again_once_all_were_taken(store: JobStore) -> None:
    for front in (0, 1):
        queued(store, front=front)
        assert rings(store)
        take(store)


def test_what_comes_back_rings(store: JobStore) -> None:
    """Of one that was held and had not begun."""
    job, keys = queued(store), store.keys
    assert started(store) == job.run_id
    assert rings(store)
    held = (keys.in_flight("consumer"), keys.consumers)
    assert store.run_script("let_go", held, keys.prefix, "consumer", "inf", "", "") == []
    assert rings(store)
    assert started(store) == job.run_id


def test_a_message_that_is_given_back_rings_for_the_workers_parents(store: JobStore) -> None:
    keys = store.keys
    store.client.hset(keys.in_flight("gone"), "tag", f"{keys.whole('default')}\n{{}}")
    with store.client.pubsub() as bell:
        bell.subscribe(keys.bell_of_whole)
        wait_until(lambda: bell.get_message(), HANG_SECONDS, "subscribed")
        held = (keys.in_flight("gone"), keys.consumers)
        store.run_script("let_go", held, keys.prefix, "gone", "inf", "", "", "tag")
        wait_until(
            lambda: bell.get_message(ignore_subscribe_messages=True), HANG_SECONDS, "it rings"
        )
    assert store.client.lrange(keys.whole("default"), 0, -1) == [b"{}"]
