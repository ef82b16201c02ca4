"""A queued job that is canceled never starts; a running one that is stopped ends within 2 s."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from frappe_celery import get_job
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import InvalidJobOperation
from frappe_celery.jobs import JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.worker.test_worker_death import held, pool_process, waits_for, working
from tests.project import Project
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until


def test_canceled_while_it_waits_it_never_starts_not_after_restarts_either(
    project: Project, own_redis: RedisServer
) -> None:
    write_tasks(project)
    project.configure(redis_queue=own_redis.url)
    with inside(project):
        process = worker(project)
        pool_process(process).suspend()
        first, waits = enqueue("myapp.core.record"), enqueue("myapp.core.record", job_id="x")
        first.cancel()
        get_job("x").cancel()  # type: ignore[union-attr]
        pool_process(process).resume()
        last = enqueue("myapp.core.record", text="last")
        assert ended(last).status == JobStatus.FINISHED
        process.kill()
        own_redis.kill()
        own_redis.start()
        assert worker(project, "--burst").wait() == 0
        assert {first.get_status(), waits.get_status()} == {JobStatus.CANCELED}
        assert project.effects() == ["last"]


@both_brokers
def test_stopped_while_it_runs_it_ends_within_2_s_and_nothing_follows(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    process = worker(project, "-c", "2")
    job, other = (
        enqueue(
            "myapp.survive.work",
            text=name,
            until=str(tmp_path / name),
            on_failure="myapp.survive.told",
        )
        for name in ("job", "other")
    )
    working(project)
    working(project, "other")
    children = {child.pid for child in psutil.Process(process.pid).children()}
    asked = time.monotonic()
    job.stop()
    assert job.status == JobStatus.STOPPED
    wait_until(lambda: len(children - {*psutil.pids()}) == 1, what="its process is gone")
    assert time.monotonic() - asked < HANG_SECONDS
    (tmp_path / "job").touch()
    (tmp_path / "other").touch()
    assert ended(other).status == JobStatus.FINISHED
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    wait_until(lambda: not held(store), what="nothing is held")
    assert job.get_status() == JobStatus.STOPPED
    assert job.exc_info == "stopped while it ran"
    assert sorted(project.effects()) == ["job started", "other ended", "other started", "ran"]
    for done in (job, other):
        with pytest.raises(InvalidJobOperation, match="it does not run"):
            done.stop()


def test_stopped_it_is_not_run_again_however_idempotent(project: Project, store: JobStore) -> None:
    from frappe_celery import Retry, options

    worker(project)
    asked = options(idempotent=True, retry=Retry(max=3, delay=0))
    job = asked.enqueue("myapp.core.work", text="job", until="/nowhere", job_id="x")
    working(project)
    job.stop()
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert store.fetch(job.id).status == JobStatus.STOPPED
    assert project.effects() == ["job started", "ran"]


def test_a_job_that_waits_is_not_stopped_and_one_that_runs_not_canceled(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    run = waits_for(tmp_path / "go on")
    job = store.fetch_run(run)
    with pytest.raises(InvalidJobOperation, match="is queued: it does not run"):
        job.stop()
    worker(project)
    working(project)
    with pytest.raises(InvalidJobOperation, match="is started: only one that waits"):
        job.cancel()
    (tmp_path / "go on").touch()
    assert ended(job).status == JobStatus.FINISHED
