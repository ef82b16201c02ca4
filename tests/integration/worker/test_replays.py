"""What ran is not run again because somebody who can write to Redis puts it there once more."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest

import frappe_celery
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import Job, JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, forget, still, worker
from tests.project import Process, Project
from tests.waiting import wait_until

Record = dict[bytes, bytes]


def put_back(store: JobStore, run: str, record: Record) -> None:
    store.client.hset(store.keys.record(run), "status", "queued")


def rebuild_what_was_deleted(store: JobStore, run: str, record: Record) -> None:
    store.delete(run)
    store.client.hset(store.keys.record(run), mapping=record)  # type: ignore[arg-type]


def push(store: JobStore, job: Job, record: Record) -> None:
    if store.outbox is not None:
        store.outbox.carry(job.queue, [(job.run_id, record[b"message"], False)])
        return
    for key in (store.keys.queue(job.queue), store.waiting_list(job.site, job.queue)):
        store.client.lpush(key, job.run_id)
    store.client.zadd(store.keys.turns(job.queue), {job.site: 0})
    enqueue("myapp.tasks.record", text="rings")


@pytest.fixture(scope="module")
def living(bench: Project) -> Process:
    return worker(bench)


@both_brokers
@pytest.mark.parametrize("end", [JobStatus.FINISHED, JobStatus.FAILED])
@pytest.mark.parametrize("replay", [put_back, rebuild_what_was_deleted])
def test_a_run_that_has_ended_is_not_run_again(
    bench: Project,
    living: Process,
    bench_store: JobStore,
    replay: Callable[[JobStore, str, Record], None],
    end: JobStatus,
) -> None:
    store = bench_store
    forget(bench, store)
    method = "record" if end == JobStatus.FINISHED else "fail"
    with still(living):
        job = enqueue(f"myapp.tasks.{method}")
        record: Record = store.client.hgetall(store.keys.record(job.run_id))
    assert ended(job).status == end
    before = [line for line in bench.effects() if line != "rings"]
    replay(store, job.run_id, record)
    push(store, job, record)
    wait_until(lambda: store.refused(), 30, "it is listed")
    assert ended(enqueue("myapp.tasks.record", text="after")).status == JobStatus.FINISHED
    assert [line for line in bench.effects() if line not in ("rings", "after")] == before
    (refused, *_) = store.refused()
    assert (refused["run"], refused["queue"]) == (job.run_id, job.queue)
    assert "it had ended already" in refused["reason"]
    assert store.fetch_run(job.run_id).get_status() == end


def test_an_id_of_celery_s_may_be_chosen_again(
    bench: Project, living: Process, bench_store: JobStore
) -> None:
    store, name = bench_store, str(uuid.uuid4())
    for number in range(2):
        method = frappe_celery.signature("myapp.tasks.record", kwargs={"text": f"run {number}"})
        method.apply_async(task_id=name)
        wait_until(lambda number=number: f"run {number}" in bench.effects(), 30, "it runs")  # type: ignore[misc]
        ended(store.fetch(f"{bench.site}::{name}")).delete()
    assert not store.refused()
