"""A consumer comes back to life: what it held was given away meanwhile."""

from __future__ import annotations

import time

from frappe_celery.celery_app import build
from frappe_celery.jobs import JobStore
from frappe_celery.jobs.record.store import CLAIMED
from frappe_celery.worker.reaper import reap
from tests.integration.benches import inside
from tests.integration.stores import broken, queued, take, waiting
from tests.project import Project
from tests.servers import RedisServer

CONSUMER = "host:1:process:channel"


def fetch(store: JobStore, tag: str = f"{CONSUMER}:0") -> str | None:
    """A consumer's fetch without a sign of life before."""
    keys = (store.keys.in_flight(CONSUMER), store.keys.queue("default"))
    found = store.run_script("fetch", keys, store.keys.prefix, tag, "")
    return found[1].decode() if found else None


def sign_of_life(store: JobStore) -> None:
    store.client.zadd(store.keys.consumers, {CONSUMER: store.client.time()[0]})


def test_it_gets_nothing_before_its_next_sign_of_life(project: Project) -> None:
    with inside(project) as store:
        jobs = [queued(store) for _ in range(2)]
        sign_of_life(store)
        assert fetch(store) == jobs[0].run_id
        reap(store, dead_after=-1)
        assert fetch(store, f"{CONSUMER}:1") is None
        assert waiting(store) == [job.run_id for job in jobs]
        sign_of_life(store)
        assert fetch(store, f"{CONSUMER}:2") == jobs[0].run_id


def test_it_starts_nothing_that_it_holds_no_more(project: Project) -> None:
    with inside(project) as store:
        job = queued(store)
        sign_of_life(store)
        fetch(store)
        reap(store, dead_after=-1)
        assert store.start(job.run_id, "w1", time.time(), f"{CONSUMER}:0") == "queued"
        assert waiting(store) == [job.run_id]
        assert take(store) == job.run_id
        assert store.start(job.run_id, "w2") == CLAIMED
        assert broken(store) == []


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
