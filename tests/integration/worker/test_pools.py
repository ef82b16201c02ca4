"""Threads and the worker itself (solo) run jobs too; other pools leave them, and say so."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from frappe_celery.brokers.heartbeat import LOOK_ANYWAY_SECONDS
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.scripts import _HASHES
from tests.integration.benches import all_ended, ended, inside_with, worker
from tests.integration.stores import waiting
from tests.project import Project
from tests.proxy import Proxy
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until

REFERENCE = Path(__file__).parents[3] / "celeryconfig.py"

POOLS = ["prefork", "solo", "threads"]


@pytest.mark.parametrize("pool", POOLS)
def test_jobs_run_fail_and_are_recorded(
    project: Project, pool_store: JobStore, pool: str, tmp_path: Path
) -> None:
    process = worker(project, "--pool", pool)
    jobs = [enqueue("myapp.core.record", text=f"job{n}") for n in range(20)]
    failed = enqueue("myapp.core.fail")
    assert all_ended(jobs) == [JobStatus.FINISHED] * 20
    assert [job.result for job in jobs] == [f"job{n}" for n in range(20)]
    assert ended(failed).status == JobStatus.FAILED
    assert "ValueError: broken on purpose" in str(failed.exc_info)
    assert project.effects() == [f"job{n}" for n in range(20)]
    held = pool_store.client.keys(f"{pool_store.keys.prefix}inflight:*")
    wait_until(lambda: not any(pool_store.client.hlen(k) for k in held), what="all acknowledged")
    cannot = "cannot interrupt a job" in process.output()
    assert cannot == (pool == "threads")
    assert process.stop() == os.EX_OK


@pytest.mark.parametrize("pool", ["threads"])
def test_several_run_at_once(
    project: Project, pool_store: JobStore, pool: str, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    worker(project, "--pool", pool, "-c", "4")
    jobs = [enqueue("myapp.core.work", text=f"job{n}", until=str(until)) for n in range(6)]
    wait_until(lambda: len(project.effects()) == 4, what="four run")
    assert pool_store.counts()[JobStatus.STARTED] == 4
    until.touch()
    assert all_ended(jobs) == [JobStatus.FINISHED] * 6


@pytest.mark.parametrize("pool", POOLS)
def test_one_job_follows_another_at_once(project: Project, pool_store: JobStore, pool: str) -> None:
    """And not at the next timer of the worker's loop."""
    jobs = [enqueue("myapp.core.record") for _ in range(100)]
    worker(project, "--pool", pool, "--burst")
    assert all_ended(jobs, timeout=60) == [JobStatus.FINISHED] * 100
    begun, over = jobs[0].started_at, jobs[-1].ended_at
    assert begun is not None
    assert over is not None
    assert (over - begun).total_seconds() < HANG_SECONDS < 100 * LOOK_ANYWAY_SECONDS


@pytest.mark.parametrize("pool", ["prefork", "solo"])
def test_a_timeout_is_raised_in_the_job(project: Project, pool_store: JobStore, pool: str) -> None:
    worker(project, "--pool", pool)
    job = enqueue("myapp.core.work", text="job", until="/never", timeout=1)
    assert ended(job).status == JobStatus.FAILED
    assert "JobTimeoutException: Task exceeded maximum timeout value (1 seconds)" in str(
        job.exc_info
    )
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED


LEAVES_THE_LOOP = """
import asyncio
def cancelled():
    raise asyncio.CancelledError("not an Exception")
"""


def test_a_thread_goes_on_after_what_would_end_a_process(
    project: Project, pool_store: JobStore
) -> None:
    project.write("myapp/ends.py", LEAVES_THE_LOOP)
    process = worker(project, "--pool", "threads", "-c", "1")
    job = ended(enqueue("myapp.ends.cancelled"))
    assert job.status == JobStatus.FAILED
    assert "CancelledError: not an Exception" in str(job.exc_info)
    process.wait_for("a thread that runs jobs begins anew")
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert process.stop() == os.EX_OK


def test_a_solo_worker_that_is_to_serve_no_queue_records_the_job_that_it_has(
    project: Project, pool_store: JobStore, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    worker(project, "--pool", "solo", "-Q", "default")
    job = enqueue("myapp.core.work", text="job", until=str(until))
    wait_until(lambda: "job started" in project.effects(), what="it runs")
    project.celery("control", "cancel_consumer", "default", "--timeout", "0")
    until.touch()
    assert ended(job).status == JobStatus.FINISHED


@pytest.mark.parametrize("pool", POOLS)
def test_what_a_worker_claimed_and_never_heard_of_waits_again_when_it_stops(
    project: Project, own_redis: RedisServer, pool: str
) -> None:
    proxy = Proxy(own_redis.port)
    with inside_with(project, f"redis://127.0.0.1:{proxy.port}/0") as store:
        process = worker(project, "--pool", pool, "-c", "1")
        ended(enqueue("myapp.core.record", text="warm"))
        proxy.cut(_HASHES["take"].encode(), "after", times=1_000_000)
        job = enqueue("myapp.core.record", text="again")
        wait_until(lambda: job.get_status() == JobStatus.STARTED, what="it is claimed")
        assert process.stop() == os.EX_OK
        assert job.get_status() == JobStatus.QUEUED
        assert waiting(store) == [job.run_id]
        assert project.effects() == ["warm"]
    proxy.close()


LEFT = "pool runs no jobs of Frappe's: start a second worker for"


@pytest.mark.parametrize("pool", ["processes", "gevent"])
def test_another_pool_refuses_frappe_s_queues(
    project: Project, pool_store: JobStore, pool: str
) -> None:
    process = project.celery("worker", "--pool", pool, "-Q", "long,short")
    assert process.wait() != os.EX_OK
    assert f"{LEFT} long,short (--pool prefork -Q long,short)" in process.output()


def test_the_reference_configuration_runs_jobs(project: Project, pool_store: JobStore) -> None:
    """The `celeryconfig.py` of this repository, copied beside `sites` as it says."""
    project.write("celeryconfig.py", REFERENCE.read_text())
    process = worker(project)
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert ended(enqueue("myapp.core.fail")).status == JobStatus.FAILED
    assert process.stop() == os.EX_OK
