"""The network cuts a process's connection while it asks for its next job: it asks again, under the
same tag, and gets what it may have got before; no run is lost, none is handed out twice."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from frappe_celery.brokers.taker import Ended, Taken, Taker
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.scripts import _HASHES
from frappe_celery.worker.job_runner import taker_of
from tests.integration.benches import inside, write_tasks
from tests.integration.stores import broken
from tests.integration.worker.test_worker_death import held
from tests.project import Project
from tests.proxy import Moment, Proxy
from tests.servers import RabbitMQServer, RedisServer
from tests.waiting import wait_until

WORKER = "host:1:abc:jobs"
NOTHING = Ended()
GET, ACK = b"\x00\x3c\x00\x46", b"\x00\x3c\x00\x50"
"""AMQP's methods basic.get and basic.ack."""


@pytest.fixture
def redis(own_redis: RedisServer) -> Iterator[Proxy]:
    proxy = Proxy(own_redis.port)
    yield proxy
    proxy.close()


@pytest.fixture
def rabbit(rabbitmq_server: RabbitMQServer) -> Iterator[Proxy]:
    proxy = Proxy(rabbitmq_server.port)
    yield proxy
    proxy.close()


@pytest.fixture
def store(
    project: Project, redis: Proxy, broker: str, request: pytest.FixtureRequest
) -> Iterator[JobStore]:
    project.configure(redis_queue=f"redis://127.0.0.1:{redis.port}/0")
    if broker == "rabbitmq":
        rabbit = request.getfixturevalue("rabbit")
        project.configure(broker_url=f"amqp://guest:guest@127.0.0.1:{rabbit.port}//")
    write_tasks(project)
    with inside(project) as store:
        store.client.zadd(store.keys.consumers, {WORKER: time.time()})
        yield store
        assert broken(store) == []


def asked(taker: Taker, tag: str, ended: Ended = NOTHING) -> Taken | None:
    """As a process asks: again, as long as the broker does not answer."""

    def ask() -> list[Taken | None] | None:
        try:
            return [taker.take(tag, ["default"], ended)]
        except BrokerUnreachable:
            return None

    return (wait_until(ask, what="an answer") or [None])[0]


def takes_what_waits(
    store: JobStore, proxy: Proxy, marker: bytes, moment: Moment, times: int
) -> None:
    """One process takes, ends and takes, another takes; each time connections are cut."""
    one, other = (taker_of(store, WORKER, "w0@host") for _ in range(2))
    assert asked(one, "1-0") is None  # connected
    first, second, third = (enqueue("myapp.core.record", text=str(n)) for n in range(3))
    proxy.cut(marker, moment, times)
    taken = asked(one, "1-1")
    wait_until(lambda: proxy.cuts_left < times, what="it was cut off")
    assert taken
    assert taken.run == first.run_id
    assert held(store) == [first.run_id]
    proxy.cut(marker, moment, times)
    ended = Ended("1-1", first.run_id, store.result_fields(first.run_id, "done"))
    taken = asked(one, "1-2", ended)
    wait_until(lambda: proxy.cuts_left < times, what="it was cut off")
    assert taken
    assert taken.run == second.run_id
    assert held(store) == [second.run_id]
    assert (first.get_status(refresh=True), first.return_value()) == (JobStatus.FINISHED, "done")
    taken = asked(other, "2-1")
    assert taken
    assert taken.run == third.run_id
    assert asked(other, "2-2", Ended("2-1")) is None
    assert store.queue_length("default") == 0


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_redis_is_cut_off(store: JobStore, redis: Proxy, moment: Moment, times: int) -> None:
    takes_what_waits(store, redis, _HASHES["take"].encode(), moment, times)


def test_who_stops_while_it_asks_again_still_hears_what_it_got(store: JobStore) -> None:
    taker = taker_of(store, WORKER, "w0@host")
    job = enqueue("myapp.core.record")
    lost = taker.take("1-1", ["default"], NOTHING)
    assert lost
    assert lost.run == job.run_id
    assert taker.take("1-1", [], NOTHING) == lost
    ended = Ended("1-1", job.run_id, store.result_fields(job.run_id, "done"))
    assert taker.take("1-2", [], ended) is None
    assert job.get_status(refresh=True) == JobStatus.FINISHED
    assert held(store) == []


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("script", ["take", "claim"])
def test_redis_is_cut_off_and_the_messages_are_in_rabbitmq(
    store: JobStore, redis: Proxy, script: str, moment: Moment, times: int
) -> None:
    takes_what_waits(store, redis, _HASHES[script].encode(), moment, times)


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize(("marker", "moment"), [(GET, "before"), (GET, "after"), (ACK, "before")])
def test_rabbitmq_is_cut_off(
    store: JobStore, rabbit: Proxy, marker: bytes, moment: Moment, times: int
) -> None:
    takes_what_waits(store, rabbit, marker, moment, times)
