"""enqueue_in and enqueue_at: kept in Redis, queued once when due, by whichever worker is there."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone

import pytest

from frappe_celery import enqueue_at, enqueue_in, options
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import ConfigError, InvalidJobOperation, UnknownQueue
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.queue.scheduled import due_at, promote
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.stores import broken, waiting
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import wait_until

RECORD = "myapp.core.record"


def due_now(store: JobStore, *jobs: Job) -> None:
    """As if their time had come, the first one's first."""
    store.client.zadd(store.keys.scheduled, {job.run_id: n for n, job in enumerate(jobs, 1)})


@both_brokers
def test_a_worker_runs_it_when_it_is_due_and_not_before(project: Project, store: JobStore) -> None:
    worker(project)
    ended(enqueue(RECORD, text="first"))
    before = time.time()
    job = enqueue_in(3, RECORD, text="later")
    assert (job.status, job.get_status()) == (JobStatus.SCHEDULED, JobStatus.SCHEDULED)
    ended(enqueue(RECORD, text="at once"))
    assert job.is_scheduled
    assert ended(job).status == JobStatus.FINISHED
    started = job.started_at.replace(tzinfo=timezone.utc).timestamp()
    assert started - before >= 3
    assert project.effects() == ["first", "at once", "later"]


def test_what_it_was_told_counts(store: JobStore) -> None:
    job = options(idempotent=True).enqueue_in(
        timedelta(minutes=5), RECORD, "long", timeout=77, job_id="x", text="a"
    )
    assert (job.queue, job.timeout, job.id) == ("long", 77, "site1.localhost::x")
    assert job.kwargs == {"text": "a"}
    assert job.opened.max_deliveries == 3
    due = due_at(job)
    assert due is not None
    assert abs((due - job.created_at).total_seconds() - 300) < 1
    assert store.counts()[JobStatus.SCHEDULED] == 1
    assert store.page(statuses=[JobStatus.SCHEDULED]) == [job]
    assert job.get_position() is None


def test_a_naive_time_is_the_site_s(project: Project, store: JobStore) -> None:
    project.write(f"sites/{project.site}/site_config.json", '{"time_zone": "Asia/Kolkata"}')
    naive = enqueue_at(datetime(2100, 1, 1, 12, 30), RECORD)
    aware = enqueue_at(datetime(2100, 1, 1, 7, 0, tzinfo=timezone.utc), RECORD)
    assert due_at(naive) == due_at(aware) == datetime(2100, 1, 1, 7, 0)


@pytest.mark.parametrize(
    ("local", "fold", "utc"),
    [
        (datetime(2099, 10, 25, 2, 30), 0, datetime(2099, 10, 25, 0, 30)),  # shown twice
        (datetime(2099, 10, 25, 2, 30), 1, datetime(2099, 10, 25, 1, 30)),
        (datetime(2099, 3, 29, 2, 30), 0, datetime(2099, 3, 29, 1, 30)),  # skipped: 03:30 there
    ],
)
def test_a_naive_time_that_is_there_twice_or_never(
    project: Project, store: JobStore, local: datetime, fold: int, utc: datetime
) -> None:
    project.write(f"sites/{project.site}/site_config.json", '{"time_zone": "Europe/Amsterdam"}')
    assert due_at(enqueue_at(local.replace(fold=fold), RECORD)) == utc


def test_a_time_that_is_past_means_now(project: Project, store: JobStore) -> None:
    jobs = [enqueue_at(datetime(2000, 1, 1), RECORD), enqueue_in(-5, RECORD), enqueue_in(0, RECORD)]
    assert promote(store) is None
    assert {job.get_status() for job in jobs} == {JobStatus.QUEUED}


def test_wrong_input_is_refused(store: JobStore) -> None:
    for bad in ("5", None, True, float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="give seconds or a timedelta"):
            enqueue_in(bad, RECORD)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="give a datetime"):
        enqueue_at(5, RECORD)  # type: ignore[arg-type]
    for wrong in ({"now": True}, {"is_async": False}):
        with pytest.raises(ConfigError, match="leave out now=True"):
            enqueue_in(5, RECORD, **wrong)
    with pytest.raises(UnknownQueue):
        enqueue_in(5, RECORD, queue="nowhere")
    assert store.counts()[JobStatus.SCHEDULED] == 0


def test_canceled_before_it_is_due_it_never_starts(project: Project, store: JobStore) -> None:
    job, deleted = enqueue_in(60, RECORD, text="canceled"), enqueue_in(60, RECORD, text="deleted")
    job.cancel()
    deleted.delete()
    assert job.status == JobStatus.CANCELED
    assert store.client.zcard(store.keys.scheduled) == 0
    due_now(store, job, deleted)  # somebody put them back
    assert worker(project, "--burst").wait() == 0
    assert promote(store) is None
    assert waiting(store) == []
    assert job.get_status() == JobStatus.CANCELED
    assert project.effects() == []
    with pytest.raises(InvalidJobOperation, match="only one that waits"):
        job.cancel()


def test_deduplicate_counts_what_waits_for_its_time(project: Project, store: JobStore) -> None:
    job = enqueue_in(60, RECORD, job_id="x", deduplicate=True)
    assert enqueue_in(60, RECORD, job_id="x", deduplicate=True) is None
    assert enqueue(RECORD, job_id="x", deduplicate=True) is None
    job.cancel()
    assert enqueue(RECORD, job_id="x", deduplicate=True) is not None


def test_the_earliest_due_is_queued_first_and_at_front_before_what_waits(
    store: JobStore,
) -> None:
    waits = enqueue(RECORD)
    second, first = enqueue_in(60, RECORD), enqueue_in(60, RECORD)
    front = enqueue_in(60, RECORD, at_front=True)
    due_now(store, first, second, front)
    promote(store)
    assert waiting(store) == [job.run_id for job in (front, waits, first, second)]


def test_any_number_may_promote_and_each_is_queued_once(store: JobStore) -> None:
    jobs = [enqueue_in(60, RECORD) for _ in range(250)]
    due_now(store, *jobs)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: promote(store), range(8)))
    assert sorted(waiting(store)) == sorted(job.run_id for job in jobs)


def test_it_survives_the_death_of_every_process_and_runs_once(
    project: Project, own_redis: RedisServer
) -> None:
    """Worker and server are killed while it waits."""
    write_tasks(project)
    project.configure(redis_queue=own_redis.url)
    with inside(project) as store:
        process = worker(project)
        job = enqueue_in(3600, RECORD)
        process.kill()
        own_redis.kill()
        own_redis.start()
        assert job.is_scheduled
        due_now(store, job)
        for _ in range(2):
            worker(project)
        assert ended(job).status == JobStatus.FINISHED
        wait_until(lambda: not store.client.exists(store.keys.scheduled), what="the set is empty")
        assert project.effects() == ["ran"]
        assert broken(store) == []
