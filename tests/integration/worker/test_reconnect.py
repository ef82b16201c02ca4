"""The broker restarts while workers idle and work: they go on by themselves and lose nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.worker.reaper import DEAD_AFTER_SECONDS, reap
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside_with, worker
from tests.integration.frozen import Way
from tests.project import Process, Project
from tests.servers import RedisServer
from tests.waiting import wait_until


@pytest.fixture
def store(project: Project, own_redis: RedisServer) -> Iterator[JobStore]:
    with inside_with(project, own_redis.url) as store:
        yield store


def restart(server: RedisServer) -> None:
    server.kill()
    server.start()


def lost(process: Process) -> None:
    process.wait_for("Connection to broker lost")


def held(store: JobStore) -> int:
    keys = store.client.keys(f"{store.keys.prefix}inflight:*")
    return sum(store.client.hlen(key) for key in keys)


@pytest.mark.parametrize("pool", ["prefork", "solo", "threads"])
def test_an_idle_worker_goes_on_after_a_restart(
    project: Project, store: JobStore, own_redis: RedisServer, pool: str
) -> None:
    worker(project, "--pool", pool)
    assert ended(enqueue("myapp.core.record", text="before")).status == JobStatus.FINISHED
    restart(own_redis)
    jobs = [enqueue("myapp.core.record", text=f"after{n}") for n in range(3)]
    for job in jobs:
        assert ended(job).status == JobStatus.FINISHED
    assert project.effects() == ["before", "after0", "after1", "after2"]
    wait_until(lambda: held(store) == 0, what="all is acknowledged")


def test_an_idle_worker_waits_for_a_broker_that_stays_away(
    project: Project, store: JobStore, own_redis: RedisServer
) -> None:
    process = worker(project)
    own_redis.kill()
    process.wait_for("Trying again in")
    own_redis.start()
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED


def test_a_worker_that_starts_before_its_broker_waits_for_it(
    project: Project, store: JobStore, own_redis: RedisServer
) -> None:
    own_redis.kill()
    process = project.celery("worker", "--without-mingle", "-c", "1")
    process.wait_for("Trying again in")
    own_redis.start()
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED


def test_a_job_that_runs_over_a_restart_finishes_and_is_not_taken_for_dead(
    project: Project, store: JobStore, own_redis: RedisServer, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    process = worker(project)
    job = enqueue("myapp.core.work", text="job", until=str(until))
    waits = enqueue("myapp.core.record")
    wait_until(lambda: "job started" in project.effects(), what="it runs")
    restart(own_redis)
    lost(process)
    wait_until(lambda: up_for(store) > DEAD_AFTER_SECONDS, 20, "who is silent is judged again")
    assert reap(store) == []
    assert job.is_started
    until.touch()
    assert ended(job).status == JobStatus.FINISHED
    assert job.result == "job"
    assert ended(waits).status == JobStatus.FINISHED
    assert project.effects() == ["job started", "job ended", "ran"]
    wait_until(lambda: reap(store) == [] and held(store) == 0, what="nothing is held any more")


def test_a_worker_that_starts_after_a_restart_judges_nobody_who_had_no_time_to_connect_again(
    project: Project, store: JobStore, own_redis: RedisServer, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    worker(project)
    job = enqueue("myapp.core.work", text="job", until=str(until))
    wait_until(lambda: "job started" in project.effects(), what="it runs")
    wait_until(lambda: consumers_older_than(store, 1), what="it gave its last sign of life")
    restart(own_redis)
    assert reap(store, dead_after=1) == []
    until.touch()
    assert ended(job).status == JobStatus.FINISHED


def up_for(store: JobStore) -> int:
    return int(store.client.info("server")["uptime_in_seconds"])


def consumers_older_than(store: JobStore, seconds: float) -> int:
    before = store.client.time()[0] - seconds
    return int(store.client.zcount(store.keys.consumers, "-inf", before))


def test_a_job_that_was_fetched_before_a_restart_is_run_once_after_it(
    project: Project, store: JobStore, own_redis: RedisServer, tmp_path: Path
) -> None:
    """Several processes hold several messages when the connection is lost."""
    until = tmp_path / "go on"
    process = worker(project, "-c", "2")
    jobs = [enqueue("myapp.core.work", text=f"job{n}", until=str(until)) for n in range(5)]
    wait_until(lambda: len(project.effects()) == 2, what="two run")
    restart(own_redis)
    lost(process)
    until.touch()
    for job in jobs:
        assert ended(job).status == JobStatus.FINISHED
    assert sorted(project.effects()) == sorted(
        f"job{n} {what}" for n in range(5) for what in ("started", "ended")
    )


@pytest.mark.parametrize(
    ("pool", "method"),
    [("prefork", "work"), ("prefork", "work_quietly"), ("solo", "work"), ("threads", "work")],
)
def test_a_job_that_ends_while_the_broker_is_away_is_recorded_when_it_is_back(
    project: Project,
    store: JobStore,
    own_redis: RedisServer,
    tmp_path: Path,
    pool: str,
    method: str,
) -> None:
    until = tmp_path / "go on"
    process = worker(project, "--pool", pool)
    job = enqueue(f"myapp.core.{method}", text="job", until=str(until))
    wait_until(lambda: "job started" in project.effects(), what="it runs")
    own_redis.kill()
    until.touch()
    wait_until(lambda: "job ended" in project.effects(), what="its method has returned")
    lost(process)
    own_redis.start()
    assert ended(job).status == JobStatus.FINISHED
    assert job.result == {"work": "job", "work_quietly": None}[method]
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert project.effects().count("job started") == 1


@both_brokers
def test_a_process_to_be_replaced_takes_no_other_job_when_the_broker_is_back(
    project: Project, store: JobStore, own_redis: RedisServer, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    process = worker(project, "--max-tasks-per-child=1")
    first = enqueue("myapp.core.work_quietly", text="first", until=str(until))
    wait_until(lambda: "first started" in project.effects(), what="it runs")
    others = [enqueue("myapp.core.record", text=f"other{n}") for n in range(3)]
    own_redis.kill()
    until.touch()
    process.wait_for("waiting for the broker")
    own_redis.start()
    for job in (first, *others):
        assert ended(job).status == JobStatus.FINISHED
    assert project.effects() == ["first started", "first ended", "other0", "other1", "other2"]
    wait_until(lambda: held(store) == 0, what="nothing is held any more")


def test_a_worker_told_to_end_while_the_broker_is_away_first_records_what_it_did(
    project: Project, store: JobStore, own_redis: RedisServer, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    process = worker(project)
    job = enqueue("myapp.core.work_quietly", text="job", until=str(until))
    wait_until(lambda: "job started" in project.effects(), what="it runs")
    own_redis.kill()
    until.touch()
    wait_until(lambda: "job ended" in project.effects(), what="its method has returned")
    psutil.Process(process.pid).terminate()
    process.wait_for("waiting for the broker")
    own_redis.start()
    assert ended(job).status == JobStatus.FINISHED
    assert process.wait() == 0


def test_an_outage_is_told_in_a_line_of_each_who_meets_it(
    project: Project, store: JobStore, own_redis: RedisServer
) -> None:
    process = worker(project, "-c", "2")
    own_redis.kill()
    lost(process)
    process.wait_for("Trying again in")
    time.sleep(5)  # more than two attempts
    own_redis.start()
    process.wait_for("the broker answers again, after")
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    lines = process.output().splitlines()
    assert sum("Cannot connect to" in line for line in lines) == 1
    assert "redelivered" not in process.output()  # Celery's words on a setting of its next version
    assert sum("waiting for the broker" in line for line in lines) <= 2
    assert sum("the broker answers again" in line for line in lines) <= 2 + 8  # steps


def test_a_job_that_fails_while_the_broker_is_away_keeps_its_traceback(
    project: Project, store: JobStore, own_redis: RedisServer, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    process = worker(project)
    job = enqueue("myapp.core.fail_after", until=str(until))
    wait_until(lambda: "fails soon" in project.effects(), what="it runs")
    own_redis.kill()
    until.touch()
    lost(process)
    own_redis.start()
    assert ended(job).status == JobStatus.FAILED
    assert "ValueError: broken on purpose" in str(job.exc_info)


def test_a_pool_process_that_dies_while_the_broker_is_away_fails_its_job(
    project: Project, store: JobStore, own_redis: RedisServer, tmp_path: Path
) -> None:
    process = worker(project)
    job = enqueue("myapp.core.work", text="job", until=str(tmp_path / "never"))
    wait_until(lambda: "job started" in project.effects(), what="it runs")
    own_redis.kill()
    lost(process)
    psutil.Process(process.pid).children()[0].kill()
    own_redis.start()
    assert ended(job).status == JobStatus.FAILED
    assert str(job.exc_info).startswith("AbandonedJobError: ")
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED


def test_a_connection_on_which_packets_are_lost_is_given_up(
    project: Project, store: JobStore, own_redis: RedisServer
) -> None:
    """As behind a firewall that forgot it: nothing says that it is gone."""
    project.write("celeryconfig.py", "broker_transport_options = {'socket_timeout': 1}")
    way = Way(own_redis.port)
    url = own_redis.url.replace(str(own_redis.port), str(way.port))
    process = worker(project, FRAPPE_CELERY_REDIS_QUEUE=url)
    assert ended(enqueue("myapp.core.record", text="before")).status == JobStatus.FINISHED
    way.freeze()
    job = enqueue("myapp.core.record", text="after")
    assert ended(job, timeout=40).status == JobStatus.FINISHED
    assert project.effects() == ["before", "after"]
    assert process.popen.poll() is None
    way.close()


def test_a_broker_that_stands_still_for_a_moment_is_waited_for(
    project: Project, store: JobStore, own_redis: RedisServer
) -> None:
    process = worker(project)
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    own_redis.pause()
    try:
        for _ in range(2):
            with pytest.raises(BrokerUnreachable):
                store.counts()
    finally:
        own_redis.resume()
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert process.popen.poll() is None
