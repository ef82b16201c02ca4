"""A step of `enqueue_many` in Redis, which stands still where a test says: what it takes, and what
happens meanwhile."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import frappe  # type: ignore[import-not-found]
import pytest

from frappe_celery import enqueue, enqueue_many
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.stores import take_all
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until

METHOD = "myapp.tasks.record"


@pytest.fixture
def store(own_redis: RedisServer, choose: Callable[..., JobStore]) -> JobStore:
    """An empty one in `own_redis`."""
    return choose(redis_queue=own_redis.url)


def numbered(number: int, start: int = 0) -> list[dict[str, Any]]:
    return [{"text": str(n)} for n in range(start, start + number)]


def texts(store: JobStore) -> list[str]:
    """Of all that wait, the next one first."""
    return [job.kwargs["text"] for job in store.read(take_all(store)) if job is not None]


def test_plain_ones_are_indexed_and_pushed_together(store: JobStore) -> None:
    enqueue_many(METHOD, numbered(1))
    store.client.config_resetstat()
    enqueue_many(METHOD, numbered(100, 1))
    stats = store.client.info("commandstats")
    called = {name: stats[f"cmdstat_{name}"]["calls"] for name in ("hset", "zadd", "sadd", "lpush")}
    assert called == {"hset": 100, "zadd": 1, "sadd": 1, "lpush": 1}
    assert texts(store) == [str(n) for n in range(101)]


def test_the_next_step_is_prepared_meanwhile(own_redis: RedisServer, store: JobStore) -> None:
    def entries() -> Iterator[dict[str, Any]]:
        yield from numbered(50)
        own_redis.pause()
        yield from numbered(150, 50)
        own_redis.resume()  # the first step has been sent
        yield from numbered(50, 200)

    enqueue_many(METHOD, [{"text": "before"}])
    enqueue_many(METHOD, entries())
    assert texts(store) == ["before", *(str(n) for n in range(250))]


class TimeIsUp(BaseException):
    """As of a job."""


@contextmanager
def time_is_limited() -> Iterator[None]:
    """Once `ring_in` has said by when."""

    def rings(*_: Any) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, rings)
    try:
        yield
    finally:
        ring_in(0)
        signal.signal(signal.SIGALRM, before)


def ring_in(seconds: float) -> None:
    signal.setitimer(signal.ITIMER_REAL, seconds)


def test_a_timeout_leaves_no_answer_for_somebody_else(
    own_redis: RedisServer, store: JobStore
) -> None:
    """While the next step is prepared, and while the answer is waited for."""

    def entries(after: Callable[[], object]) -> Iterator[dict[str, Any]]:
        yield from numbered(150)
        after()
        yield from numbered(150)

    def dawdle() -> None:
        ring_in(0.1)
        time.sleep(5)

    with time_is_limited(), pytest.raises(TimeIsUp) as raised:
        enqueue_many(METHOD, entries(dawdle))
    assert said(raised.value) == "enqueue_many: the first 100 entries are enqueued"
    assert store.counts()[JobStatus.QUEUED] == 100

    def pause() -> None:
        wait_until(
            lambda: store.counts()[JobStatus.QUEUED] == 200, HANG_SECONDS, "the first step is done"
        )
        own_redis.pause()
        ring_in(1)

    with time_is_limited(), pytest.raises(TimeIsUp) as raised:
        enqueue_many(METHOD, entries(pause))
    own_redis.resume()
    assert said(raised.value) == (
        "enqueue_many: the first 100 entries are enqueued, and perhaps the next 100"
    )
    assert enqueue(METHOD, text="x").is_queued
    assert store.counts()[JobStatus.QUEUED] in (201, 301)


def said(error: Any) -> str:
    (note,) = error.__notes__
    return str(note)


def test_a_process_that_is_forked_meanwhile_asks_anew(store: JobStore) -> None:
    places = "nowhere", f"{enqueue(METHOD).site}|default", "nowhere"
    queued = [store.keys.index(place, "queued") for place in places]
    _, *sent = [store.send_script("each", (), "ZCARD", 1, index) for index in queued]
    child = os.fork()
    if not child:
        os._exit(0 if [answer() for answer in sent] == [[1], [0]] else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert [answer() for answer in sent] == [[1], [0]]


def test_a_transaction_that_the_generator_ends_has_its_jobs_start(store: JobStore) -> None:
    def entries() -> Iterator[dict[str, Any]]:
        frappe.db.set_default("it has", "written")
        yield from numbered(101)
        frappe.db.commit()
        yield {"text": "101"}

    enqueue_many(METHOD, [{"text": "before"}])
    store.client.script_flush()  # so that a step comes later than it is sent
    enqueue_many(METHOD, entries())
    assert texts(store) == ["before", *(str(n) for n in range(102))]
