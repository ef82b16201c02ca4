"""A consumer comes back to life: what it held was given away meanwhile."""

from __future__ import annotations

from frappe_celery.celery_app import build
from frappe_celery.jobs import JobStore
from frappe_celery.worker.reaper import reap
from tests.integration.benches import inside
from tests.project import Project
from tests.servers import RedisServer

CONSUMER = "host:1:process:channel"


def fetch(store: JobStore, tag: str) -> str | None:
    """A consumer's fetch without a sign of life before."""
    keys = store.keys
    places = (keys.in_flight(CONSUMER), keys.consumers, keys.whole("default"))
    found = store.run_script("fetch", places, CONSUMER, tag)
    return found[1].decode() if found else None


def sign_of_life(store: JobStore) -> None:
    store.client.zadd(store.keys.consumers, {CONSUMER: store.client.time()[0]})


def test_it_gets_nothing_before_its_next_sign_of_life(project: Project) -> None:
    with inside(project) as store:
        whole = store.keys.whole("default")
        store.client.lpush(whole, "{1}", "{2}")
        sign_of_life(store)
        assert fetch(store, f"{CONSUMER}:0") == "{1}"
        reap(store, dead_after=-1)
        assert fetch(store, f"{CONSUMER}:1") is None
        assert store.client.lrange(whole, 0, -1) == [b"{2}", b"{1}"]
        sign_of_life(store)
        assert fetch(store, f"{CONSUMER}:2") == "{1}"


def test_a_consumer_that_holds_something_closes_without_its_broker_too(
    project: Project, own_redis: RedisServer
) -> None:
    """Else a worker that is told to stop then ends with a traceback, before it has recorded what
    its last jobs came to (seed 11 of the chaos)."""
    project.configure(redis_queue=own_redis.url)
    with inside(project):
        channel = build().connection_for_read().channel()
        channel.connection.cycle.consumers.add(channel)
        channel.qos.append(object(), f"{channel.consumer}:0")
        own_redis.kill()
        channel.close()
        assert channel.closed


def test_a_job_that_ends_when_its_connection_was_closed_by_half_does_not_end_the_worker(
    project: Project,
) -> None:
    """kombu lets go of a connection first, and fails to close a channel whose broker is away."""
    with inside(project):
        channel = build().connection_for_read().channel()
        tag = f"{channel.consumer}:0"
        channel.connection.client = None
        assert not channel.closed
        channel.qos.ack(tag)
        channel.qos.reject(tag, requeue=True)
