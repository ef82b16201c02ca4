"""What a client library cannot even read ends no process, and keeps nobody from what follows it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from struct import pack

import psutil
import pytest

from frappe_celery import celery_app, enqueue
from frappe_celery.brokers.rabbitmq.forwarder import Forwarder
from frappe_celery.jobs import JobStore
from tests.integration.benches import ended, inside, worker
from tests.integration.brokers.hands import Hand, Raw
from tests.project import Process, Project
from tests.waiting import wait_until

TEXTS = {
    "too deep": b"[" * 100_000,
    "too deep, in headers": b'{"body": "", "properties": {}, "headers": ' + b'{"a":' * 100_000,
    "no number": b'{"__type__": "decimal", "__value__": "x"}',
    "no identifier": b'{"__type__": "uuid", "__value__": {"hex": 5}}',
    "no bytes": b'{"__type__": "base64", "__value__": 5}',
    "of no type": b'{"__type__": [], "__value__": 5}',
    "no JSON": b"{",
    "no UTF-8": b"\xff\xfe",
    "a number": b"5",
}


@pytest.fixture(scope="module")
def working(bench: Project) -> Process:
    started = worker(bench)
    with inside(bench):
        assert ended(enqueue("myapp.core.record")).is_finished
    return started


@pytest.fixture
def hand(working: Process, bench: Project, bench_store: JobStore) -> Iterator[Hand]:
    """Afterwards the worker, its processes, a job and a command go on as if nothing had been."""
    processes = [psutil.Process(working.pid), *psutil.Process(working.pid).children()]
    app = celery_app.build()
    yield Hand(bench_store, app)
    assert ended(enqueue("myapp.core.record")).is_finished
    assert app.control.ping(timeout=30, limit=1)
    assert [process for process in processes if not process.is_running()] == []
    assert "lost" not in working.output().lower()


@pytest.mark.parametrize("what", TEXTS)
def test_on_a_channel_of_redis(hand: Hand, what: str) -> None:
    before = hand.store.number_refused()
    hand.publish(hand.control, "", TEXTS[what])
    wait_until(lambda: hand.store.number_refused() > before, 30, "it is listed")


def test_a_message_of_redis_without_a_tag(hand: Hand) -> None:
    hand.publish(hand.control, "", b'{"body": "", "headers": {}, "properties": {}}')


def headers(table: bytes) -> bytes:
    """Properties that are headers alone."""
    return pack(">HI", 0x2000, len(table)) + table


def nested(levels: int) -> bytes:
    table = b""
    for _ in range(levels):
        table = b"\x01aF" + pack(">I", len(table)) + table
    return table


PROPERTIES = {
    "an id that is no text": pack(">HB", 0x0080, 2) + b"\xff\xfe",
    "a kind that is no text": pack(">HB", 0x8000, 2) + b"\xff\xfe",
    "the year 300 billion": headers(b"\x01aT" + b"\xff" * 8),
    "tables without end": headers(nested(5000)),
    "a name that is no text": headers(b"\x02\xff\xfeS" + pack(">I", 1) + b"a"),
    "such a name, and a signature": headers(
        b"\x02\xff\xfet\x01\x17frappe_celery_signatureS" + pack(">I", 50) + b"1 2 " + b"A" * 46
    ),
}


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
@pytest.mark.parametrize("what", PROPERTIES)
def test_properties_of_a_message_of_rabbitmq(hand: Hand, what: str) -> None:
    """Broadcast, and in each of a queue's three."""
    assert isinstance(hand.store.forwarder, Forwarder)
    before = hand.store.number_refused()
    with hand.rabbitmq() as channel:
        for body in (b"", b"x"):
            message = Raw(body, PROPERTIES[what])
            channel.basic_publish_confirm(message, hand.control)
            for name in hand.store.forwarder.names.all("default"):
                channel.basic_publish_confirm(message, "", name)
    hand.store.forwarder.ring("default")
    wait_until(lambda: hand.store.number_refused() >= before + 6, 30, "each is listed")


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_tables_just_as_deep_as_can_be_read_or_not(hand: Hand) -> None:
    """Which that is depends on who calls."""
    assert isinstance(hand.store.forwarder, Forwarder)
    before, depths = hand.store.number_refused(), range(900, 1000, 2)
    with hand.rabbitmq() as channel:
        for depth in depths:
            message = Raw(b"x", headers(nested(depth)))
            channel.basic_publish_confirm(message, hand.control)
            for name in hand.store.forwarder.names.all("default"):
                channel.basic_publish_confirm(message, "", name)
    hand.store.forwarder.ring("default")
    wanted = before + 3 * len(depths)
    wait_until(lambda: hand.store.number_refused() >= wanted, 60, "each is listed")


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
@pytest.mark.parametrize("number", [0, 130])
def test_a_place_of_a_message_of_rabbitmq_that_is_no_text(hand: Hand, number: int) -> None:
    """With a bench's queue bound to an exchange of the sender's own; `number` messages before it,
    since a tag of more than seven bits is no ASCII either."""
    store, key = hand.store, b"\xff\xfe"
    assert isinstance(store.forwarder, Forwarder)
    name = f"büro-{uuid.uuid4().hex}"
    with hand.rabbitmq() as channel:
        channel.exchange_declare(name, "fanout", auto_delete=False)
        for queue in store.forwarder.names.all("default"):
            channel.queue_bind(queue, name)
        before = store.number_refused()
        for _ in range(number):
            channel.basic_publish_confirm(Raw(b"x", b"\0\0"), name, "ä")
        channel.basic_publish_confirm(Raw(b"x", b"\0\0"), name, key)
        channel.basic_publish_confirm(Raw(b"x", b"\0\0"), hand.control, key)
        channel.exchange_delete(name)
    store.forwarder.ring("default")
    wait_until(lambda: store.number_refused() >= before + 3 * (number + 1), 60, "each is listed")
