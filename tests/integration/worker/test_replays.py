"""What ran is not run again because somebody who can write to Redis puts it there once more; and
how far that goes: who writes all of it anew is not seen (docs/security.md)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil
import pytest
from click.testing import CliRunner

import frappe_celery
from frappe_celery.cli import main
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import Job, JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, forget, still, worker
from tests.project import Process, Project
from tests.waiting import wait_until

Record = dict[bytes, bytes]


def put_back(store: JobStore, run: str, record: Record) -> None:
    store.client.hset(store.keys.record(run), "status", "queued")


def put_back_as_new(store: JobStore, run: str, record: Record) -> None:
    put_back(store, run, record)
    store.client.hdel(store.keys.record(run), "ended_at")


def rebuild_what_was_deleted(store: JobStore, run: str, record: Record) -> None:
    store.delete(run)
    store.client.hset(store.keys.record(run), mapping=record)  # type: ignore[arg-type]


def write_all_of_it(store: JobStore, run: str, record: Record) -> None:
    """The marks, the index and the record, as if it had just been enqueued."""
    client, keys = store.client.pipeline(), store.keys  # in one step: its worker looks meanwhile
    place = record[b"place"].decode()
    for status in JobStatus:
        client.zrem(keys.index(place, status.value), run)
    client.zrem(keys.scheduled, run)
    client.delete(keys.spent(run), keys.record(run))
    client.hset(keys.record(run), mapping={**record, b"status": b"queued"})  # type: ignore[arg-type]
    client.hdel(keys.record(run), "ended_at", "started_at", "worker")
    client.zadd(keys.index(place, "queued"), {run: time.time()})
    client.execute()


def push(store: JobStore, job: Job, record: Record) -> None:
    if store.forwarder is not None:
        store.forwarder.carry(job.queue, [(job.run_id, record[b"message"], False)])
        return
    for key in (store.keys.queue(job.queue), store.waiting_list(job.site, job.queue)):
        store.client.lpush(key, job.run_id)
    store.client.zadd(store.keys.turns(job.queue), {job.site: 0})
    enqueue("myapp.tasks.record", text="rings")


@pytest.fixture(scope="module")
def living(bench: Project) -> Process:
    return worker(bench, "-c", "2")


@both_brokers
@pytest.mark.parametrize("end", [JobStatus.FINISHED, JobStatus.FAILED])
@pytest.mark.parametrize("replay", [put_back, put_back_as_new, rebuild_what_was_deleted])
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
    assert refused["reason"].startswith(f"it was {end}: somebody who can write to Redis")
    assert store.fetch_run(job.run_id).get_status() == end


@contextmanager
def one_that_was(status: JobStatus, bench: Project, living: Process) -> Iterator[Job]:
    """A job that a worker has in its hands, that was canceled, or that waits for tomorrow."""
    go = bench.root / f"go{uuid.uuid4().hex}"
    of_it = {"text": "w", "until": str(go)}
    if status == JobStatus.SCHEDULED:
        job = frappe_celery.enqueue_in(86400, "myapp.core.work", **of_it)
    elif status == JobStatus.CANCELED:
        with still(living):
            job = enqueue("myapp.core.work", **of_it)
            job.cancel()
    else:
        job = enqueue("myapp.core.work", **of_it)
        wait_until(lambda: "w started" in bench.effects(), 30, "it runs")
    try:
        yield job
    finally:
        go.touch()


OTHERS = [JobStatus.STARTED, JobStatus.CANCELED, JobStatus.SCHEDULED]


@both_brokers
@pytest.mark.parametrize("was", OTHERS)
def test_what_runs_was_canceled_or_waits_for_its_time_is_not_begun(
    bench: Project, living: Process, bench_store: JobStore, was: JobStatus
) -> None:
    store = bench_store
    forget(bench, store)
    with one_that_was(was, bench, living) as job:
        began = bench.effects()
        record: Record = store.client.hgetall(store.keys.record(job.run_id))
        put_back_as_new(store, job.run_id, record)
        push(store, job, record)
        wait_until(lambda: store.refused(), 30, "it is listed")
        assert ended(enqueue("myapp.tasks.record", text="after")).status == JobStatus.FINISHED
        assert [line for line in bench.effects() if line not in ("rings", "after")] == began
        (refused, *_) = store.refused()
        assert refused["run"] == job.run_id
        assert refused["reason"].startswith(f"it was {was}: somebody who can write to Redis")
        assert "queued it again" in CliRunner().invoke(main, ["doctor"]).output
        assert store.fetch_run(job.run_id).get_status() == was
    if was == JobStatus.STARTED:
        assert ended(job).status == JobStatus.FINISHED


@both_brokers
@pytest.mark.parametrize("was", [JobStatus.FINISHED, *OTHERS])
def test_who_writes_all_of_a_record_anew_has_it_run(
    bench: Project, living: Process, bench_store: JobStore, was: JobStatus
) -> None:
    """The limit that docs/security.md tells of: no mark in Redis is safe from who writes there."""
    store = bench_store
    forget(bench, store)
    until_then = JobStatus.STARTED if was == JobStatus.FINISHED else was
    with one_that_was(until_then, bench, living) as job:
        record: Record = store.client.hgetall(store.keys.record(job.run_id))
        if was != JobStatus.FINISHED:
            write_all_of_it(store, job.run_id, record)
            push(store, job, record)
            times = 1 + (was == JobStatus.STARTED)
            wait_until(lambda: bench.effects().count("w started") == times, 30, "it begins")
    if was == JobStatus.FINISHED:
        assert ended(job).status == JobStatus.FINISHED
        write_all_of_it(store, job.run_id, record)
        push(store, job, record)
        wait_until(lambda: bench.effects().count("w started") == 2, 30, "it runs again")
    assert ended(job).status == JobStatus.FINISHED
    assert not store.refused()


@both_brokers
def test_whoever_changes_its_time_has_it_run_now(
    bench: Project, living: Process, bench_store: JobStore
) -> None:
    forget(bench, bench_store)
    job = frappe_celery.enqueue_in(86400, "myapp.tasks.record")
    bench_store.client.zadd(bench_store.keys.scheduled, {job.run_id: 0})
    assert ended(job).status == JobStatus.FINISHED


@both_brokers
def test_who_writes_it_into_a_worker_s_hands_has_it_run_again(
    bench: Project, living: Process, bench_store: JobStore
) -> None:
    store = bench_store
    forget(bench, store)
    job = enqueue("myapp.core.record", text="once")
    assert ended(job).status == JobStatus.FINISHED
    (its,) = wait_until(store.workers.all, 30, "the worker has a record")
    pids = [process.pid for process in psutil.Process(living.pid).children()]
    tags = (f"{its.consumer}:{pid}-{number}" for pid in pids for number in range(2000))
    held = f"{store.waiting_list(job.site, job.queue)}\n{job.run_id}"
    store.client.hset(store.keys.in_flight(its.consumer), mapping=dict.fromkeys(tags, held))
    enqueue("myapp.tasks.record", text="rings")
    wait_until(lambda: bench.effects().count("once") > 1, 30, "it runs again")
    store.client.delete(store.keys.in_flight(its.consumer))


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
