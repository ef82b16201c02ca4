"""Jobs go from RQ to Celery and back: each is in one of the two, as it was, and runs once.

RQ's side is written here as RQ 1.15 and 2.6 write it; tests/bench/test_move.py has the real ones.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import os
import pickle
import sys
import threading
import time
import types
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from celery import chain

from frappe_bridge.move import pickles
from frappe_bridge.move.moving import Mover
from frappe_bridge.move.rq_format import RqJob
from frappe_celery import batch, enqueue_in, options, signature
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import Job, JobStatus, JobStore, codec, get_store
from frappe_celery.jobs.stats.rates import ended_lately
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.stores import broken
from tests.project import Project
from tests.servers import RedisServer

EXECUTE = "frappe.utils.background_jobs.execute_job"
TRUNCATE = "frappe.utils.background_jobs.truncate_failed_registry"
SITE = "site1.localhost"
ENQUEUED = "2026-01-02T03:04:05.678901Z"


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    with inside(project) as store:
        if left := left_in_rq(store):
            store.client.delete(*left)
        yield store
        assert broken(store) == []


def rq_name(queue: str) -> str:
    return f"the-bench:{queue}"


def mover(store: JobStore, **options: Any) -> Mover:
    return Mover(store, rq_name, list(store.settings.queues), **options)


def data(method: Any = "myapp.core.record", site: str = SITE, **kwargs: Any) -> bytes:
    """What Frappe gives RQ, pickled as RQ does."""
    given = {
        "site": site,
        "user": "someone@example.com",
        "method": method,
        "event": None,
        "job_name": "named",
        "is_async": True,
        "kwargs": kwargs,
    }
    return pickle.dumps((EXECUTE, None, (), given), protocol=pickle.HIGHEST_PROTOCOL)


def in_rq(
    store: JobStore, job_id: str, pickled: bytes, queue: str = "default", **fields: Any
) -> None:
    """A job waits in RQ."""
    values = {
        "created_at": ENQUEUED,
        "enqueued_at": ENQUEUED,
        "data": zlib.compress(pickled),
        "success_callback_name": "",
        "failure_callback_name": TRUNCATE,
        "started_at": "",
        "ended_at": "",
        "last_heartbeat": "",
        "worker_name": "",
        "origin": rq_name(queue),
        "description": "…",
        "timeout": 300,
        "result_ttl": 600,
        "failure_ttl": 604800,
        "status": "queued",
        **fields,
    }
    store.client.hset(f"rq:job:{job_id}", mapping=values)
    if values["status"] == "failed":
        store.client.zadd(f"rq:failed:{rq_name(queue)}", {job_id: int(time.time()) + 1000})
    else:
        store.client.sadd("rq:queues", f"rq:queue:{rq_name(queue)}")
        store.client.rpush(f"rq:queue:{rq_name(queue)}", job_id)


def left_in_rq(store: JobStore) -> set[str]:
    return {key.decode() for key in store.client.keys("rq:*")} - {"rq:queues"}


# -- from RQ


@both_brokers
def test_what_waits_in_rq_comes_over_as_it_was_and_runs_in_its_order(
    project: Project, store: JobStore
) -> None:
    for number in range(5):
        in_rq(store, f"{SITE}::job{number}", data(text=f"job{number}"))
    in_rq(store, f"{SITE}::long", data(text="long"), "long", timeout=1234, result_ttl=77)
    report = mover(store).to_celery()
    assert dict(report.waiting) == {"default": 5, "long": 1}
    assert not report.stayed
    assert not left_in_rq(store)

    job = store.fetch(f"{SITE}::long")
    message = store.fetch_run(job.run_id).opened
    assert (job.status, job.user, job.job_name) == ("queued", "someone@example.com", "named")
    assert (message.timeout, message.result_ttl, message.failure_ttl) == (1234, 77, None)
    assert job.enqueued_at == datetime.datetime(2026, 1, 2, 3, 4, 5, 678901)
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == ["job0", "job1", "job2", "job3", "job4", "long"]


@both_brokers
def test_what_waited_longer_in_rq_goes_before_what_was_enqueued_since(
    project: Project, store: JobStore
) -> None:
    for text in ("new1", "new2"):
        enqueue("myapp.core.record", text=text)
    for text in ("old1", "old2", "old3"):
        in_rq(store, f"{SITE}::{text}", data(text=text))
    mover(store).to_celery()
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == ["old1", "old2", "old3", "new1", "new2"]


VALUES = {
    "text": "ä\ud800",
    "numbers": [1, -(2**70), 1.5, float("inf")],
    "nested": {"a": (1, {2, 3}, frozenset({4}), b"bytes")},
    "when": [datetime.datetime(2026, 1, 2, 3), datetime.date(2026, 1, 2), datetime.timedelta(3)],
    "zone": datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone.utc),
    "money": decimal.Decimal("1.10"),
    "id": uuid.UUID(int=7),
    "nothing": None,
}


@pytest.mark.parametrize("protocol", [3, 4, 5])  # RQ takes the highest
def test_plain_values_are_read_as_a_whole_pickle_would_be(protocol: int) -> None:
    assert pickles.read(pickle.dumps(VALUES, protocol)) == VALUES


class Opens:
    """A pickle that runs something when it is read."""

    def __reduce__(self) -> Any:
        return os.mkdir, ("opened",)


class OwnClass:
    pass


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Opens(), "posix.mkdir"),
        ([OwnClass()], "test_move.OwnClass"),
        (datetime.date.today, "its pickle is more than plain data"),
        (time.sleep, "among its arguments is time.sleep"),
        ({"deep": [{OwnClass}]}, "among its arguments is tests.integration.bridge"),
    ],
)
def test_what_only_a_real_unpickler_reads_stays_until_somebody_says_yes(
    project: Project, store: JobStore, value: Any, reason: str
) -> None:
    in_rq(store, f"{SITE}::odd", data(value=value))
    in_rq(store, f"{SITE}::plain", data())
    report = mover(store).to_celery()
    (stayed,) = report.stayed
    assert (stayed.job_id, stayed.needs_a_yes) == (f"{SITE}::odd", True)
    assert reason in stayed.reason
    assert dict(report.waiting) == {"default": 1}
    assert not (project.root / "opened").exists()
    assert store.client.lrange(f"rq:queue:{rq_name('default')}", 0, -1) == [b"site1.localhost::odd"]

    assert dict(mover(store, trusted=True).to_celery().waiting) == {"default": 1}
    assert not left_in_rq(store)


def test_a_function_stays_one(project: Project, store: JobStore) -> None:
    from myapp import core  # type: ignore[import-not-found]

    in_rq(store, f"{SITE}::f", data(core.record, text="by function"))
    assert not mover(store).to_celery().stayed
    worker(project)
    assert ended(store.fetch(f"{SITE}::f")).status == JobStatus.FINISHED
    assert project.effects() == ["by function"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"data": pickle.dumps(("os.mkdir", None, ("x",), {}))}, "only RQ's workers"),
        ({"data": b"no pickle"}, "more than plain data"),
        ({"meta": pickle.dumps({"progress": 1})}, "meta"),
        ({"stopped_callback_name": "myapp.core.record"}, "on_stopped"),
        ({"repeats_left": 3}, "repeats"),
    ],
)
def test_what_only_rq_can_do_stays_and_is_named(
    store: JobStore, fields: dict[str, Any], reason: str
) -> None:
    in_rq(store, f"{SITE}::odd", data(), **fields)
    before = store.client.hgetall(f"rq:job:{SITE}::odd")
    (stayed,) = mover(store, trusted="data" not in fields).to_celery().stayed
    assert reason in stayed.reason
    assert store.client.hgetall(f"rq:job:{SITE}::odd") == before
    assert store.client.llen(f"rq:queue:{rq_name('default')}") == 1
    store.client.delete(*left_in_rq(store))


def test_what_is_larger_than_a_message_may_be_stays(store: JobStore) -> None:
    small = replace(store.settings, frappe_celery_max_message_size=10_000)
    in_rq(store, "large", data(text="x" * 100_000))
    in_rq(store, "small", data(text="x" * 9000))
    (stayed,) = mover(JobStore(small)).to_celery().stayed
    assert (stayed.job_id, stayed.needs_a_yes) == ("large", False)
    assert "myapp.core.record has 100," in stayed.reason
    assert store.fetch("small").is_queued
    store.client.delete(*left_in_rq(store))


def test_others_wait_for_it_or_it_expires_or_it_lost_its_record(store: JobStore) -> None:
    for name, fields in (("awaited", {}), ("expires", {"ttl": 1000}), ("lost", {}), ("old", {})):
        in_rq(store, name, data(), **fields)
    store.client.expire("rq:job:old", 1000)  # RQ leaves that where a failed job is enqueued again
    store.client.sadd("rq:job:awaited:dependents", "another")
    store.client.delete("rq:job:lost")
    for kind in ("wip", "deferred", "scheduled"):
        store.client.zadd(f"rq:{kind}:{rq_name('long')}", {"x": time.time() + 60, "y": "+inf"})
    report = mover(store).to_celery()
    assert [stayed.job_id for stayed in report.stayed] == ["awaited", "expires", "lost"]
    assert dict(+report.others) == {"running": 2, "waiting for another job": 2, "delayed": 2}


@pytest.mark.parametrize("where", ["hash", "stream"])
def test_a_failed_job_comes_with_its_traceback_and_can_run_again(
    project: Project, store: JobStore, where: str
) -> None:
    packed = zlib.compress("Traceback …\nValueError: broken".encode())
    told: dict[str, Any] = {"exc_info": packed} if where == "hash" else {}
    ended_at = "2026-01-02T04:00:00Z"
    in_rq(store, f"{SITE}::f", data(text="again"), status="failed", ended_at=ended_at, **told)
    store.client.expire(f"rq:job:{SITE}::f", 1000)  # as RQ's own
    if where == "stream":
        result = {"type": "2", "exc_string": base64.b64encode(packed)}
        store.client.xadd(f"rq:results:{SITE}::f", result)
    assert dict(mover(store).to_celery().failed) == {"default": 1}
    assert not left_in_rq(store)
    job = store.fetch(f"{SITE}::f")
    assert (job.status, job.exc_info) == ("failed", "Traceback …\nValueError: broken")
    assert job.ended_at == datetime.datetime(2026, 1, 2, 4)
    assert 900 < store.client.ttl(store.keys.record(job.run_id)) <= 1000
    worker(project)
    assert ended(job.requeue()).status == JobStatus.FINISHED


def test_what_failed_in_rq_just_now_does_not_count_as_failed_here(store: JobStore) -> None:
    for number in range(2):
        ended_at = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        in_rq(store, f"{SITE}::{number}", data(), status="failed", ended_at=ended_at)
    assert mover(store).to_celery().failed.total() == 2
    assert not ended_lately(store, 15)


def test_a_job_that_stands_twice_in_its_queue_runs_twice_as_in_rq(
    project: Project, store: JobStore
) -> None:
    for _ in range(2):
        in_rq(store, f"{SITE}::twice", data(text="twice"))
    assert dict(mover(store).to_celery().waiting) == {"default": 2}
    assert not left_in_rq(store)
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == ["twice", "twice"]


def test_an_id_that_has_ended_here_and_waits_there_is_moved_as_a_new_run(
    project: Project, store: JobStore
) -> None:
    worker(project)
    before = ended(enqueue("myapp.core.record", text="before", job_id="same"))
    in_rq(store, before.id, data(text="after"))
    mover(store).to_celery()
    after = ended(store.fetch(before.id))
    assert after.run_id != before.run_id
    assert project.effects() == ["before", "after"]


def test_only_one_site_s_jobs_are_moved(store: JobStore) -> None:
    in_rq(store, "other::a", data(site="other"))
    in_rq(store, f"{SITE}::a", data())
    report = mover(store, site="other").to_celery()
    assert dict(report.waiting) == {"default": 1}
    assert store.client.lrange(f"rq:queue:{rq_name('default')}", 0, -1) == [f"{SITE}::a".encode()]
    assert store.fetch("other::a").site == "other"
    mover(store).to_celery()


def test_a_site_whose_name_begins_like_another_s_is_another(store: JobStore) -> None:
    in_rq(store, "other.more::a", data(site="other.more", method=os.getcwd))
    assert mover(store, site="other").to_celery().stayed == []
    (stayed,) = mover(store, site="other.more").to_celery().stayed
    assert stayed.job_id == "other.more::a"


# -- races


def test_a_job_that_a_worker_of_rq_takes_just_then_is_that_worker_s(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_rq(store, f"{SITE}::taken", data())
    read = store.run_script

    def taken_in_between(script: str, *args: Any, **options: Any) -> Any:
        if script == "move_in":
            store.client.lpop(f"rq:queue:{rq_name('default')}")
        return read(script, *args, **options)

    monkeypatch.setattr(store, "run_script", taken_in_between)
    report = mover(store).to_celery()
    assert not report.waiting
    assert not report.stayed
    assert not store.counts()[JobStatus.QUEUED]
    assert store.client.exists(f"rq:job:{SITE}::taken"), "its worker reads it"


def test_a_job_that_changes_between_reading_and_moving_is_read_again(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_rq(store, f"{SITE}::a", data(text="old"))
    run = store.run_script
    changes = [zlib.compress(data(text="new"))]

    def changed_in_between(script: str, *args: Any, **options: Any) -> Any:
        if script == "move_in" and changes:
            store.client.hset(f"rq:job:{SITE}::a", "data", changes.pop())
        return run(script, *args, **options)

    monkeypatch.setattr(store, "run_script", changed_in_between)
    assert dict(mover(store).to_celery().waiting) == {"default": 1}
    job = store.fetch(f"{SITE}::a")
    assert store.fetch_run(job.run_id).opened.decoded_kwargs() == {"text": "new"}


def test_asked_again_after_a_lost_answer_it_is_moved_once(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_rq(store, f"{SITE}::a", data())
    enqueue("myapp.core.record", job_id="b", queue="long")
    run = store.run_script

    def twice(script: str, *args: Any, **options: Any) -> Any:
        run(script, *args, **options)
        return run(script, *args, **options)

    monkeypatch.setattr(store, "run_script", twice)
    assert dict(Mover(store, rq_name, ["default"]).to_celery().waiting) == {"default": 1}
    assert dict(Mover(store, rq_name, ["long"]).to_rq().waiting) == {"long": 1}
    assert store.counts()[JobStatus.QUEUED] == 1
    assert store.client.llen(f"rq:queue:{rq_name('long')}") == 1


# -- to RQ


def rq_job(store: JobStore, job_id: str) -> RqJob:
    fields = store.client.hgetall(f"rq:job:{job_id}")
    return RqJob(job_id, {name.decode(): value for name, value in fields.items()})


@both_brokers
def test_what_waits_here_goes_to_rq_as_frappe_would_have_put_it_there(
    project: Project, store: JobStore
) -> None:
    jobs = [enqueue("myapp.core.record", text=f"{n}", queue="long") for n in range(3)]
    first = enqueue("myapp.core.record", text="first", queue="long", at_front=True, timeout=77)
    report = mover(store).to_rq()
    assert dict(report.waiting) == {"long": 4}
    order = [first, *jobs] if not store.forwarder else [*jobs, first]
    waiting = store.client.lrange(f"rq:queue:{rq_name('long')}", 0, -1)
    assert [job_id.decode() for job_id in waiting] == [job.id for job in order]
    assert store.client.sismember("rq:queues", f"rq:queue:{rq_name('long')}")
    assert store.counts()[JobStatus.QUEUED] == 0

    job = rq_job(store, first.id)
    function, instance, args, kwargs = pickle.loads(job.pickled)
    assert (function, instance, args) == (EXECUTE, None, ())
    assert kwargs == {
        "site": SITE,
        "user": first.user,
        "method": "myapp.core.record",
        "event": None,
        "job_name": "myapp.core.record",
        "is_async": True,
        "kwargs": {"text": "first"},
    }
    assert (job.text("status"), job.number("timeout")) == ("queued", 77)
    assert (job.number("result_ttl"), job.number("failure_ttl")) == (600, 604800)
    assert job.text("failure_callback_name") == TRUNCATE
    # a message that is still in RabbitMQ finds nothing to do
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == []


def enqueued_in(store: JobStore, transaction: str) -> Job:
    found = get_store().fetch_run(enqueue("myapp.core.record").run_id).opened
    store.delete(found.run)
    job = store.enqueue(replace(found, run=uuid.uuid4().hex), transaction=transaction)
    assert job is not None
    return job


def test_one_whose_caller_is_about_to_commit_goes_to_rq_after_that(store: JobStore) -> None:
    enqueued_in(store, "t")
    ending = threading.Timer(0.5, store.transaction_ended, ["t"])
    ending.start()
    assert dict(mover(store).to_rq().waiting) == {"default": 1}
    assert ending.finished.is_set()
    ending.join()


def test_one_whose_caller_does_not_commit_stays_and_starts_in_neither(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frappe_bridge.move.moving.OPEN_SECONDS", 0.1)
    job = enqueued_in(store, "t")
    (stayed,) = mover(store).to_rq().stayed
    assert (stayed.job_id, "120 seconds at most" in stayed.reason) == (job.id, True)
    assert not left_in_rq(store)
    store.transaction_ended("t")
    assert not mover(store).to_rq().stayed


def test_there_and_back_a_job_is_the_same(store: JobStore) -> None:
    job = enqueue("myapp.core.echo", job_id="same", timeout=99, **VALUES)
    before = store.fetch_run(job.run_id).opened
    mover(store).to_rq()
    mover(store).to_celery()
    after = store.fetch_run(store.fetch(job.id).run_id).opened
    assert after.decoded_kwargs() == VALUES
    for name in ("id", "site", "user", "method", "queue", "timeout", "name", "event"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.enqueued_at == pytest.approx(before.enqueued_at, abs=1e-5)


def test_what_rq_cannot_carry_stays_and_is_named(project: Project, store: JobStore) -> None:
    enqueue("myapp.core.record", job_id="two")
    enqueue("myapp.core.record", job_id="two")
    enqueue(lambda: None)
    enqueue_in(1000, "myapp.core.record")
    enqueue("frappe_celery.worker.abandoned.aftermath")
    report = mover(store).to_rq()
    reasons = sorted(stayed.reason for stayed in report.stayed)
    assert [reason.partition(":")[0] for reason in reasons] == [
        "RQ has a job with this id",
        "RQ's pickle does not carry it",
        "it is frappe_celery's own, for a job whose worker died",
    ]
    assert report.others["delayed"] == 1
    assert dict(report.waiting) == {"default": 1}


def test_one_whose_callback_does_not_load_stays_and_the_others_go(store: JobStore) -> None:
    gone = types.ModuleType("gone")
    exec("class Told:\n    def no(*_): ...", gone.__dict__)
    sys.modules["gone"] = gone
    enqueue("myapp.core.record", on_failure=gone.Told.no)
    enqueue("myapp.core.record")
    del sys.modules["gone"]
    report = mover(store).to_rq()
    (stayed,) = report.stayed
    assert stayed.reason.startswith("its callback does not load: ModuleNotFoundError: ")
    assert dict(report.waiting) == {"default": 1}


def test_what_only_celerys_canvas_knows_of_a_task_stays(project: Project, store: JobStore) -> None:
    by_position = signature("myapp.core.record", ("x",)).delay()
    chain(signature("myapp.core.record"), signature("myapp.core.record", immutable=True)).delay()
    expiring = signature("myapp.core.record").apply_async(expires=60)
    report = mover(store).to_rq()
    reasons = {stayed.reason for stayed in report.stayed}
    assert reasons == {"it is a task of Celery's canvas, which RQ would not know"}
    assert len(report.stayed) == 3
    assert not report.waiting
    assert {store.fetch_run(task.id).status for task in (by_position, expiring)} == {"queued"}


def test_what_waits_for_others_stays_with_what_it_waits_for(store: JobStore) -> None:
    first, other = enqueue("myapp.core.record"), enqueue("myapp.core.record")
    second = options(depends_on=first).enqueue("myapp.core.record")
    report = mover(store).to_rq()
    assert {stayed.job_id: stayed.reason for stayed in report.stayed} == {
        first.id: "other jobs wait for it here",
        second.id: "it waits for other jobs, which RQ would not know",
    }
    assert dict(report.waiting) == {"default": 1}
    assert [job.get_status() for job in (first, second)] == [JobStatus.QUEUED, JobStatus.DEFERRED]
    assert store.find(other.id) is None


def test_what_a_batch_counts_stays_and_open_batches_are_named(store: JobStore) -> None:
    with batch("Close 2026", on_ended="myapp.core.record") as b:
        job = b.enqueue("myapp.core.record")
    with batch("Gone") as gone:
        other = gone.enqueue("myapp.core.record")
    store.client.delete(store.keys.batch(gone.id))
    (callback,) = store.all_of(JobStatus.DEFERRED)
    report = mover(store).to_rq()
    assert {stayed.job_id: stayed.reason for stayed in report.stayed} == {
        job.id: "a batch counts it, which RQ would not know",
        callback.id: "it waits for other jobs, which RQ would not know",
    }
    assert report.batches == [f"Close 2026 ({b.id})"]
    assert store.find(other.id) is None
    assert b.state().going == 1
    assert mover(store, site="another").to_rq().batches == []


def test_a_failed_one_is_failed_in_rq(project: Project, store: JobStore) -> None:
    worker(project)
    job = ended(enqueue("myapp.core.fail", job_id="f"))
    assert dict(mover(store).to_rq().failed) == {"default": 1}
    with pytest.raises(LookupError):
        store.fetch(job.id)
    moved = rq_job(store, job.id)
    assert moved.text("status") == "failed"
    ((_, result),) = store.client.xrange(f"rq:results:{job.id}")
    assert b"broken on purpose" in zlib.decompress(base64.b64decode(result[b"exc_string"]))
    until = store.client.zscore(f"rq:failed:{rq_name('default')}", job.id)
    assert until == pytest.approx(time.time() + 604800, abs=60)
    assert store.client.expiretime(f"rq:job:{job.id}") == until, "as RQ's own"


def test_a_run_that_a_worker_claims_just_then_is_that_worker_s(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = enqueue("myapp.core.record")
    run = store.run_script

    def claimed_in_between(script: str, *args: Any, **options: Any) -> Any:
        if script == "move_out":
            store.start(job.run_id, "w@host")
        return run(script, *args, **options)

    monkeypatch.setattr(store, "run_script", claimed_in_between)
    report = mover(store).to_rq()
    assert not report.waiting
    assert not left_in_rq(store)
    store.finish(job.run_id, None)


def test_two_servers_are_refused_and_two_names_of_one_are_not(
    project: Project, redis_url: str, own_redis: RedisServer
) -> None:
    project.configure(redis_queue=own_redis.url, broker_url=redis_url)
    with inside(project) as store, pytest.raises(ConfigError, match="within one database"):
        mover(store)
    project.configure(redis_queue=redis_url.replace("127.0.0.1", "localhost"), broker_url=redis_url)
    with inside(project) as store:
        assert not mover(store).to_celery().waiting


def test_a_callback_is_found_where_rq_would_have_found_it(
    project: Project, store: JobStore
) -> None:
    in_rq(store, f"{SITE}::c", data("myapp.core.fail"), failure_callback_name="myapp.core.nightly")
    mover(store).to_celery()
    message = store.fetch_run(store.fetch(f"{SITE}::c").run_id).opened
    assert codec.decode(message.on_failure).__name__ == "nightly"
    assert message.on_success is None
    assert not mover(store).to_rq().stayed
    assert rq_job(store, f"{SITE}::c").text("failure_callback_name") == "myapp.core.nightly"


# -- found by a reviewer


def test_an_id_that_waits_in_two_queues_runs_in_both(project: Project, store: JobStore) -> None:
    for queue in ("short", "long"):
        in_rq(store, f"{SITE}::two", data(text="two"), queue)
    report = mover(store).to_celery()
    assert dict(report.waiting) == {"short": 1, "long": 1}
    assert not report.stayed
    assert not left_in_rq(store)


@pytest.mark.parametrize("queue", ["default", "long"])
def test_a_failed_id_that_was_enqueued_again_waits(store: JobStore, queue: str) -> None:
    in_rq(store, f"{SITE}::again", data(), status="failed")
    in_rq(store, f"{SITE}::again", data(), queue)
    report = mover(store).to_celery()
    assert (dict(report.waiting), dict(report.failed)) == ({queue: 1}, {})
    assert not report.stayed
    assert not left_in_rq(store)


def test_a_job_is_not_put_over_one_that_rq_has_still_to_run(store: JobStore) -> None:
    job = enqueue("myapp.core.record", job_id="x")
    in_rq(store, job.id, data(text="rq's"), "long", status="finished")  # ran once, waits again
    (stayed,) = mover(store).to_rq().stayed
    assert stayed.reason == "RQ has a job with this id"
    assert store.client.lrange(f"rq:queue:{rq_name('long')}", 0, -1) == [job.id.encode()]


def test_a_run_that_has_begun_is_not_given_though_its_queue_still_names_it(store: JobStore) -> None:
    job = enqueue("myapp.core.record")
    store.start(job.run_id, "w@host")
    assert not mover(store).to_rq().waiting
    assert not left_in_rq(store)
    store.finish(job.run_id, None)
    store.client.delete(store.waiting_list(SITE, "default"), store.keys.turns("default"))


ODD: list[dict[str, Any]] = [
    {"timeout": "3600.5"},
    {"enqueued_at": "yesterday"},
    {"retry_intervals": "{"},
    {"status": "failed", "exc_info": "not packed", "ended_at": "never"},
    {"data": zlib.compress(pickle.dumps((EXECUTE, None, (), {"site": 1})))},
    {"data": zlib.compress(b"(" * 100_000)},
]


@pytest.mark.parametrize("fields", ODD, ids=lambda fields: next(iter(fields)))
def test_a_record_that_makes_no_sense_stays_and_stops_no_other(
    store: JobStore, fields: dict[str, Any]
) -> None:
    in_rq(store, f"{SITE}::a", data())
    in_rq(store, f"{SITE}::odd", data(), **fields)
    in_rq(store, f"{SITE}::b", data(), "long")
    report = mover(store).to_celery()
    assert dict(report.waiting) == {"default": 1, "long": 1}
    assert [stayed.job_id for stayed in report.stayed] == [f"{SITE}::odd"]


def test_called_again_after_an_interruption_the_order_is_kept(
    project: Project, store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        at = f"2026-01-02T03:04:0{number}Z"
        in_rq(store, f"{SITE}::j{number}", data(text=f"j{number}"), enqueued_at=at)
    run, calls = store.run_script, []

    def interrupted(script: str, *args: Any, **options: Any) -> Any:
        calls.append(script)
        if script == "move_in" and calls.count("move_in") == 3:
            raise KeyboardInterrupt
        return run(script, *args, **options)

    monkeypatch.setattr(store, "run_script", interrupted)
    with pytest.raises(KeyboardInterrupt):
        mover(store).to_celery()
    mover(store).to_celery()
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == ["j0", "j1", "j2", "j3"]


def test_what_was_enqueued_to_rq_later_goes_behind(project: Project, store: JobStore) -> None:
    enqueue("myapp.core.record", text="here")
    in_rq(store, f"{SITE}::later", data(text="later"), enqueued_at="2036-01-02T03:04:05Z")
    mover(store).to_celery()
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == ["here", "later"]


def test_a_callback_that_is_a_method_stays(store: JobStore) -> None:
    in_rq(store, "m", data(), success_callback_name="myapp.core.Class.done")
    (stayed,) = mover(store).to_celery().stayed
    assert "myapp.core.Class.done is a method" in stayed.reason


@pytest.mark.parametrize(
    "fields",
    [
        {"data": zlib.compress(data(os.system, command="false"))},
        {"failure_callback_name": "subprocess.getoutput"},
        {"success_callback_name": "os.system"},
    ],
)
def test_a_function_of_no_app_needs_a_yes(store: JobStore, fields: dict[str, Any]) -> None:
    in_rq(store, "f", data(), **fields)
    (stayed,) = mover(store).to_celery().stayed
    assert stayed.needs_a_yes
    assert "is no function of an app of this bench" in stayed.reason


def test_of_two_failed_runs_of_an_id_the_newest_goes(project: Project, store: JobStore) -> None:
    worker(project)
    for text in ("old", "new"):
        ended(enqueue("myapp.core.fail", message=text, job_id="f"))
    report = mover(store).to_rq()
    assert dict(report.failed) == {"default": 1}
    assert [stayed.reason for stayed in report.stayed] == ["RQ has a job with this id"]
    kwargs = pickle.loads(rq_job(store, f"{SITE}::f").pickled)[3]
    assert kwargs["kwargs"] == {"message": "new"}


def test_how_long_a_failed_job_is_kept_goes_on(store: JobStore) -> None:
    in_rq(store, "f", data(), status="failed", failure_ttl=31_536_000)
    mover(store).to_celery()
    assert 900 < store.client.ttl(store.keys.record(store.fetch("f").run_id)) <= 1000
