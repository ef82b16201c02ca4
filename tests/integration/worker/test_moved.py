"""A job is run for the site and from the queue that it was signed for, whoever moves it."""

from __future__ import annotations

import time

import pytest
from click.testing import CliRunner

from frappe_celery.cli import main
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import Job, JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, forget, still, worker
from tests.project import Process, Project
from tests.waiting import wait_until

SITE = "site1.localhost"


def push(store: JobStore, job: Job, place: str, message: bytes) -> None:
    """Have it wait there, as the next one."""
    site, _, queue = place.partition("|")
    if store.forwarder is not None:
        store.forwarder.carry(queue, [(job.run_id, message, True)])
        return
    store.client.rpush(store.keys.lane(place), job.run_id)
    store.client.zadd(store.keys.turns(queue), {site: 0})
    store.client.lpush(store.keys.bell_of(queue), 1)


def move(store: JobStore, job: Job, place: str) -> None:
    """All of it, as who knows how it is kept."""
    client, keys, run = store.client, store.keys, job.run_id
    message = store.message_of(run)
    client.lrem(store.waiting_list(job.site, job.queue), 0, run)
    client.zrem(keys.index(f"{job.site}|{job.queue}", "queued"), run)
    client.zadd(keys.index(place, "queued"), {run: time.time()})
    client.sadd(keys.places, place)
    client.hset(keys.record(run), "place", place)
    push(store, job, place, message)


@pytest.fixture(scope="module")
def living(bench: Project) -> Process:
    return worker(bench, "-Q", "default,short")


@both_brokers
@pytest.mark.parametrize(
    ("queue", "place"),
    [("long", f"{SITE}|short"), ("default", "another.localhost|default")],
    ids=["to another queue", "to another site"],
)
def test_one_that_was_moved_is_refused_and_runs_where_it_belongs_when_it_is_requeued(
    bench: Project, living: Process, bench_store: JobStore, queue: str, place: str
) -> None:
    store = bench_store
    forget(bench, store)
    with still(living):
        job = enqueue("myapp.core.record", queue=queue)
        move(store, job, place)
    wait_until(store.refused, 30, "it is refused")
    (refused,) = store.refused()
    assert refused["run"] == job.run_id
    assert f"it was enqueued for {SITE}|{queue} and waited in {place}:" in refused["reason"]
    assert "1 message refused in the last hour" in CliRunner().invoke(main, ["doctor"]).output
    assert store.fetch_run(job.run_id).status == JobStatus.FAILED
    assert bench.effects() == []
    again = store.fetch_run(job.run_id).requeue()
    assert (again.site, again.queue) == (SITE, queue)
    if queue == "default":
        assert ended(again).status == JobStatus.FINISHED
    else:
        assert again.get_status() == JobStatus.QUEUED
        again.delete()


@pytest.mark.parametrize("broker", ["rabbitmq"], indirect=True)
def test_in_rabbitmq_a_message_in_another_queue_is_refused_and_the_job_waits_on(
    bench: Project, living: Process, bench_store: JobStore
) -> None:
    store = bench_store
    forget(bench, store)
    job = enqueue("myapp.core.record", queue="long")
    push(store, job, f"{SITE}|short", store.message_of(job.run_id))
    wait_until(store.refused, 30, "it is refused")
    (refused,) = store.refused()
    assert (refused["run"], refused["queue"]) == (job.run_id, "short")
    assert refused["reason"] == "its record is of another place"
    assert job.get_status() == JobStatus.QUEUED
    other = worker(bench, "-Q", "long")
    assert ended(job).status == JobStatus.FINISHED
    other.stop()
