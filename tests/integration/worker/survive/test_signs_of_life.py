"""A busy or starved worker is not taken for dead; one that died while the broker was away is."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.worker import abandoned
from frappe_celery.worker.consumer import RECONNECT_SECONDS
from frappe_celery.worker.reaper import reap
from tests.integration.benches import ended, inside_with, worker
from tests.integration.stores import take
from tests.integration.worker.signs_of_life import listens_for_the_bell, silent_for
from tests.integration.worker.test_reconnect import lost
from tests.integration.worker.test_worker_death import (
    held,
    waits_for,
    working,
)
from tests.project import Process, Project
from tests.servers import RedisServer
from tests.waiting import HANG_SECONDS, wait_until

LONG = 8.0
"""Seconds without a sign of life, more than twice as many as there are between two."""
BUSY = """
import time
from pathlib import Path

from celery.worker.control import inspect_command


@inspect_command()
def take_long(state):
    Path("is busy").touch()
    while Path("busy").exists():
        time.sleep(0.05)
"""


@pytest.fixture
def store(project: Project, own_redis: RedisServer) -> Iterator[JobStore]:
    with inside_with(project, own_redis.url) as store:
        yield store


def only_its_loop_is_silent(store: JobStore, process: Process) -> bool:
    """For longer than it takes to be dead, by a margin for whoever asks that next."""
    silent = silent_for(store, process)
    return silent["loop"] > LONG and max(silent["process"], silent["jobs"]) < LONG / 2


def test_a_worker_whose_loop_is_busy_runs_jobs_and_keeps_them(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    project.write("celeryconfig.py", BUSY)
    process = worker(project, "-c", "2")
    run = waits_for(tmp_path / "go on")
    working(project)
    busy = project.write("busy", "")
    project.celery("inspect", "take_long")
    wait_until((project.root / "is busy").exists, what="its loop is busy")
    assert ended(enqueue("myapp.core.record", text="other")).status == JobStatus.FINISHED
    is_silent = partial(only_its_loop_is_silent, store, process)
    wait_until(is_silent, 60, "its loop has given no sign for long")
    assert reap(store, dead_after=LONG) == []
    assert held(store) == [run]
    busy.unlink()
    (tmp_path / "go on").touch()
    assert ended(store.fetch_run(run)).status == JobStatus.FINISHED
    assert sorted(project.effects()) == ["job ended", "job started", "other"]


def test_a_worker_that_dies_while_the_broker_is_away_is_settled_after_its_return(
    project: Project, store: JobStore, own_redis: RedisServer, tmp_path: Path
) -> None:
    process, reaper = worker(project), worker(project, "-Q", "long")
    job = enqueue("myapp.core.work", text="job", until=str(tmp_path / "never"))
    working(project)
    own_redis.kill()
    lost(reaper)
    process.kill()
    reaper.wait_for("Trying again in")
    time.sleep(3 * RECONNECT_SECONDS)  # attempts, between which Celery's own pauses grow
    own_redis.start()
    wait_until(lambda: job.is_failed, HANG_SECONDS, "it is failed")
    assert "no sign of life" in str(job.exc_info)


@pytest.mark.parametrize("noticed", [False, True], ids=["at once", "once the worker knows"])
def test_a_worker_told_to_stop_ends_though_its_broker_stands_still(
    project: Project, store: JobStore, own_redis: RedisServer, noticed: bool
) -> None:
    process = worker(project)
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    wait_until(partial(listens_for_the_bell, store), what="its process waits for the next job")
    own_redis.pause()
    if noticed:
        process.wait_for("the broker does not answer")
    os.kill(process.pid, signal.SIGTERM)
    try:
        assert process.wait(timeout=20) == 0
    finally:
        own_redis.resume()


def test_a_job_that_runs_longer_than_a_visibility_timeout_runs_once(
    project: Project, store: JobStore
) -> None:
    """Which kombu's Redis transport has, and would deliver it again after; ours has none."""
    project.write("celeryconfig.py", "broker_transport_options = {'visibility_timeout': 1}")
    worker(project)
    worker(project)
    job = enqueue("myapp.tasks.sleep", seconds=3)
    assert ended(job).status == JobStatus.FINISHED
    assert project.effects() == ["slept started", "slept"]


def test_what_follows_an_abandoned_job_waits_for_the_broker(
    project: Project,
    store: JobStore,
    own_redis: RedisServer,
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = enqueue("myapp.core.record", on_failure="myapp.core.nightly")
    assert take(store) == job.run_id
    abandoned.end_or_repeat(store, job.run_id, "its worker is gone")
    follows = store.fetch_run(str(take(store)))
    assert follows.kwargs  # its message is read as long as there is somebody to ask
    own_redis.stop()
    with ThreadPoolExecutor() as threads:
        done = threads.submit(abandoned.aftermath, follows)
        wait_until(lambda: "waiting for the broker" in caplog.text, what="it waits")
        own_redis.start()
        done.result(timeout=20)
    assert job.is_failed
    assert project.effects() == ["nightly"]
