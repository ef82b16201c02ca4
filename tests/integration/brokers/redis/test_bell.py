"""Idle workers are woken for the first job that waits: the others are found with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from frappe_celery.jobs import JobStore
from frappe_celery.worker import abandoned
from tests.integration.stores import queued, started, take
from tests.waiting import wait_until


@pytest.fixture
def bell(store: JobStore) -> Iterator[Any]:
    with store.client.pubsub() as bell:
        bell.subscribe(store.keys.bell)
        wait_until(lambda: bell.get_message(), 5, "subscribed")
        yield bell


def rings(store: JobStore, bell: Any) -> int:
    """How often it rang since it was last asked."""
    store.client.publish(store.keys.bell, "asked")
    number = 0
    while bell.get_message(timeout=5)["data"] != b"asked":
        number += 1
    return number


def test_the_first_that_waits_rings(store: JobStore, bell: Any) -> None:
    for _ in range(3):
        queued(store)
    assert rings(store, bell) == 1
    queued(store, queue="long")
    assert rings(store, bell) == 1, "another queue may be another worker's"


def test_it_rings_again_once_all_were_taken(store: JobStore, bell: Any) -> None:
    for front in (0, 1):
        queued(store, front=front)
        assert rings(store, bell) == 1
        take(store)


@pytest.mark.parametrize("how", ["released", "reaped", "given back"])
def test_what_comes_back_rings(store: JobStore, bell: Any, how: str) -> None:
    job = queued(store)
    keys, prefix = store.keys, store.keys.prefix
    take(store, consumer="gone")
    assert rings(store, bell) == 1
    if how == "released":
        (tag,) = store.client.hkeys(keys.in_flight("gone"))
        store.run_script("release", (keys.in_flight("gone"),), prefix, tag)
    elif how == "reaped":
        held = (keys.in_flight("gone"), keys.consumers)
        store.run_script("reap", held, prefix, "gone", "inf")
    else:
        abandoned.end_or_repeat(store, job.run_id, "its process died")
    assert rings(store, bell) == 1
    assert started(store) == job.run_id
