"""A worker and a scheduler go on with what a bench of cc2e079 left in its Redis."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest

from frappe_celery.config import settings
from frappe_celery.jobs import JobStatus, JobStore, get_store, hosts
from frappe_celery.jobs.record.due_claim import AlreadyActedOn
from frappe_celery.schedule import marks
from frappe_celery.schedule.fire import claim_of, enqueue_scheduled
from frappe_celery.schedule.history import outcomes
from frappe_celery.schedule.leadership import SchedulerLease, leadership
from frappe_celery.schedule.sync import sync
from tests.fixtures.waiting.capture import CONFIGURATION, DUE, SITE
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import wait_until

WAITING = Path(__file__).parents[1] / "fixtures" / "waiting"


@pytest.fixture
def bench(project: Project, own_redis: RedisServer) -> Project:
    """The bench as it was left."""
    for name in ("hooks", "tasks"):
        project.write(f"myapp/{name}.py", (WAITING / f"{name}.txt").read_text())
    project.configure(redis_queue=own_redis.url, **CONFIGURATION)
    settings.use(None)
    store = get_store()
    for key, (kind, *texts) in json.loads((WAITING / "captured.json").read_text()).items():
        parts = [base64.b64decode(text) for text in texts]
        pairs = list(zip(parts[::2], parts[1::2], strict=False))
        if kind == "string":
            store.client.set(key, parts[0])
        elif kind == "hash":
            store.client.hset(key, mapping=dict(pairs))
        elif kind == "zset":
            store.client.zadd(key, {member: float(score) for score, member in pairs})
        else:
            {"list": store.client.rpush, "set": store.client.sadd}[kind](key, *parts)
    sync(hosts.current(), settings.current(), SITE)
    return project


@pytest.fixture
def store(bench: Project) -> JobStore:
    return get_store()


def test_what_waited_runs_and_what_was_delayed_too(bench: Project, store: JobStore) -> None:
    store.client.zadd(store.keys.scheduled, {store.fetch(f"{SITE}::delayed").run_id: 1.0})
    bench.worker()
    effects = bench.root / "effects.txt"
    expected = {
        *("plain ['n']", "pickled ['amount', 'asked', 'at']", "called back []", "asked []"),
        *("delayed []", "scheduled []", "told of called back ['result']"),
        "told of dead ['AbandonedJobError']",
    }

    def all_ran() -> bool:
        return effects.exists() and set(effects.read_text().splitlines()) == expected

    wait_until(all_ran, 60, "everything that waited has run")
    wait_until(lambda: not store.counts()[JobStatus.STARTED], 20, "every run is recorded")
    assert store.counts()[JobStatus.FAILED] == 2
    store.fetch(f"{SITE}::failed").requeue()
    wait_until(lambda: "failed []" in effects.read_text(), 20, "the failed one has run again")


def test_a_finished_job_has_its_result_and_a_failed_one_its_reason(store: JobStore) -> None:
    assert store.fetch(f"{SITE}::finished").result == {"at": DUE}
    assert store.fetch(f"{SITE}::failed").exc_info.splitlines()[-1] == "ValueError: broken"
    reason = store.fetch(f"{SITE}::dead").exc_info
    assert reason == "AbandonedJobError: its worker was killed"


def test_due_times_that_were_acted_on_are_not_acted_on_again(store: JobStore) -> None:
    rows = {row.frequency: row for row in hosts.current().schedule_rows(SITE)}
    assert {name: row.method for name, row in rows.items()} == {
        "Daily": "myapp.tasks.record",
        "Hourly": "myapp.tasks.hourly",
    }
    for row in rows.values():
        with pytest.raises(AlreadyActedOn):
            enqueue_scheduled(row, claim_of(row, DUE, 0, None))
    hourly = rows["Hourly"]
    later = enqueue_scheduled(hourly, claim_of(hourly, DUE + timedelta(hours=1), 0, None))
    assert later is not None
    assert later.job_name == "myapp.tasks.hourly"


def test_a_scheduler_takes_over(store: JobStore) -> None:
    left = leadership(store)
    assert left.sign is not None
    assert left.leader == left.sign.name
    lease = SchedulerLease(store)
    assert not lease.keep()
    store.client.delete(f"{store.keys.prefix}beat:lease")  # as it runs out
    assert lease.keep()
    assert lease.fence == 2
    rows = hosts.current().schedule_rows(SITE)
    assert marks.see(SITE, rows, lease.fence) == set()
    assert {outcome.outcome for outcome in outcomes(store, 10)} == {
        "enqueued",
        "skipped",
    }
