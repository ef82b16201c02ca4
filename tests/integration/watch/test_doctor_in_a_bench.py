"""`frappe-celery doctor` where Frappe is importable (a stand-in), and where Redis has an ACL."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from redis import Redis

from frappe_celery.hosts.bench.switch import ACL_RULES
from tests.integration.benches import inside
from tests.integration.cli import read
from tests.integration.hosts.bench.conftest import StandInBench
from tests.project import Project
from tests.servers import RedisServer
from tests.warm import WarmPython


@pytest.fixture
def bench(tmp_path: Path, redis_url: str, bare_warm: WarmPython) -> Iterator[StandInBench]:
    bench = StandInBench(tmp_path / "bench", redis_url, bare_warm)
    yield bench
    bench.close()


def warnings(bench: StandInBench, name: str, code: int = 2) -> str:
    process = bench.start(name, "-m", "frappe_celery.cli", "doctor", "--json")
    assert process.wait() == code, process.output()
    sections = json.loads(process.output())["sections"]
    return str([sections["workers"]["findings"], sections["queues"]["rows"]])


def test_a_bench_that_is_not_switched_over(bench: StandInBench) -> None:
    assert "go to RQ" not in warnings(bench, "on")
    bench.configure(frappe_celery_enabled=False)
    found = warnings(bench, "off", code=1)
    assert "go to RQ" in found
    assert "no worker runs" not in found, "RQ's do that here"


def test_jobs_that_wait_in_a_system_that_nobody_serves(bench: StandInBench, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    name = bench.ask(
        "from frappe_celery.hosts.bench.rq_names import rq_name; answer = rq_name('long')"
    )
    redis.rpush(f"rq:queue:{name}", "site1::a", "site1::b")
    waiting = "2 jobs waiting in RQ's queue long"
    try:
        found = warnings(bench, "nobody")
        assert f"{waiting}, and no worker of RQ's takes jobs from it" in found
        assert "frappe-celery switch move" in found
        bench.configure(frappe_celery_enabled=False)
        assert "bench worker --queue long" in warnings(bench, "off")
        worker = {"birth": "2026-06-01T00:00:00.000000Z", "queues": name}
        redis.hset("rq:worker:w1", mapping=worker)
        redis.sadd(f"rq:workers:{name}", "rq:worker:w1", "rq:worker:gone")
        served = warnings(bench, "off, served", code=1)
        assert waiting not in served
        assert "{'queue': 'long (in RQ)', 'queued': 2}" in served
        bench.configure(frappe_celery_enabled=True)
        assert f"{waiting}, which a worker of RQ's still serves" in warnings(bench, "served")
    finally:
        redis.delete(f"rq:queue:{name}", f"rq:workers:{name}", "rq:worker:w1")


def test_rqs_workers_and_what_failed_in_rq_are_told(bench: StandInBench, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    name = bench.ask(
        "from frappe_celery.hosts.bench.rq_names import rq_name; answer = rq_name('long')"
    )
    now = datetime.now(timezone.utc)
    born, before = (f"{now - timedelta(hours=h):%Y-%m-%dT%H:%M:%S.%fZ}" for h in (1, 2))
    counts = {"successful_job_count": 7, "failed_job_count": 2}
    about = {"birth": born, "queues": f"{name},an-apps-own", "state": "busy", **counts}
    redis.hset("rq:worker:w1", mapping={**about, "current_job": "site1::runs"})
    redis.sadd(f"rq:workers:{name}", "rq:worker:w1", "rq:worker:gone")
    for job, ended in (("new", f"{now:%Y-%m-%dT%H:%M:%S.%fZ}"), ("old", before)):
        redis.hset(f"rq:job:site1::{job}", mapping={"status": "failed", "ended_at": ended})
        redis.zadd(f"rq:failed:{name}", {f"site1::{job}": now.timestamp() + 700})
    redis.hset("rq:job:site1::its worker died", mapping={"ended_at": "", "failure_ttl": 700})
    redis.zadd(f"rq:failed:{name}", {"site1::its worker died": now.timestamp() + 690})
    try:
        process = bench.start("doctor", "-m", "frappe_celery.cli", "doctor", "--json")
        assert process.wait() == 2, process.output()
        sections = json.loads(process.output())["sections"]
        (worker,) = sections["workers"]["rows"]
        assert worker.pop("up_seconds") >= 3600
        assert worker == {
            "name": "w1 (in RQ)",
            "queues": ["long"],
            "processes": 1,
            "state": "busy",
            "current_job": "site1::runs",
            "successful": 7,
            "failed": 2,
        }
        failures = sections["failures of the last hour"]
        assert failures["rows"] == [{"queue": "long (in RQ)", "failed": 2}]
        assert failures["findings"][0]["text"] == "2 jobs failed in RQ in the last hour"
        assert failures["findings"][0]["level"] == "warning"
    finally:
        redis.delete(f"rq:failed:{name}", f"rq:workers:{name}", "rq:worker:w1")
        redis.delete(*(f"rq:job:site1::{job}" for job in ("new", "old", "its worker died")))


def test_a_redis_that_tells_its_configuration_to_nobody(
    project: Project, own_redis: RedisServer
) -> None:
    """Frappe's `use_rq_auth`, and hosted servers."""
    admin = Redis(port=own_redis.port)
    admin.acl_setuser("bench", enabled=True, reset=True, passwords=["+sesame"])
    admin.execute_command("ACL", "SETUSER", "bench", *ACL_RULES.split())
    project.configure(redis_queue=own_redis.url.replace("redis://", "redis://bench:sesame@"))
    with inside(project):
        broker = read("doctor", code=2)["sections"]["broker"]
    assert "***@" in broker["rows"][0]["url"]
    (finding,) = broker["findings"]
    assert finding["text"].startswith("the server does not tell its appendfsync")
