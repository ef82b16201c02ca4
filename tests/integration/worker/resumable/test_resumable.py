"""A resumable job: each item is done once, whatever ends its runs, and wherever."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from typing import Any

import psutil
import pytest

from frappe_celery import enqueue
from frappe_celery.jobs import Job, JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, worker
from tests.integration.worker.resumable.conftest import Counts
from tests.project import Process, Project
from tests.waiting import wait_until

on_each_database = pytest.mark.parametrize("kind", ["sqlite", "mariadb", "postgres"])


def once(items: int) -> dict[str, int]:
    return {str(item): 1 for item in range(items)}


def run(method: str, **kwargs: Any) -> Job:
    """Enqueue a method of the tests'; `queue` and the like too."""
    job = enqueue(f"myapp.going.{method}", **kwargs)
    assert job is not None
    return job


def its_process(worker: Process) -> psutil.Process:
    """The one that runs the worker's jobs."""
    (process,) = psutil.Process(worker.pid).children()
    return process


@on_each_database
def test_goes_on_after_each_kill(
    project: Project,
    store: JobStore,
    database: dict[str, str],
    counts: Counts,
    rows_left: Callable[[], int],
) -> None:
    worker(project, **database)
    job = run("work", items=12, die_at=[0, 4, 11])
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(12)
    assert project.effects().count("4") == 2  # the one that died was begun again, and no other
    assert project.effects().count("3") == 1
    assert len(job.attempts) == 3
    wait_until(lambda: rows_left() == 0, what="its rows are gone")


@on_each_database
def test_items_since_the_last_commit_are_done_again_after_a_kill(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts
) -> None:
    worker(project, **database)
    job = run("work", items=10, die_at=[5], commit_every=3)
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(10)
    assert [project.effects().count(str(item)) for item in (2, 3, 4, 5, 6)] == [1, 2, 2, 2, 1]


@on_each_database
def test_ordered_keeps_one_row(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts
) -> None:
    worker(project, **database)
    job = run("work", items=10, die_at=[0, 5], ordered=True, commit_every=2)
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(10)


def test_what_is_no_ordered_loop_is_named(project: Project, store: JobStore) -> None:
    worker(project)
    job = run("twice_the_same", keys=["a", "A", "a "])  # compared sign by sign
    assert ended(job).status == JobStatus.FINISHED
    for keys, named in (["a", "b", "a"], "two items have the key 'a'"), ([1.5], "1.5 is no key"):
        job = run("twice_the_same", keys=keys)
        assert ended(job).status == JobStatus.FAILED
        assert named in str(job.exc_info)


def test_without_the_option_it_raises(project: Project, store: JobStore) -> None:
    worker(project)
    job = run("is_not_resumable")
    assert ended(job).status == JobStatus.FAILED
    assert "options(resumable=True)" in str(job.exc_info)


@both_brokers
def test_an_error_with_retry_goes_on(project: Project, store: JobStore, counts: Counts) -> None:
    """And counts as the first one, where something was done since the last."""
    worker(project)
    job = run("fails_now_and_then", items=10, fail_at=[0, 3, 4, 5, 9])
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(10)


def test_three_deaths_without_an_item_are_poison(project: Project, store: JobStore) -> None:
    worker(project)
    job = run("always_dies")
    assert ended(job, 60).status == JobStatus.FAILED
    assert project.effects().count("dies") == 3
    assert "Poison" in str(job.exc_info)
    job = run("always_dies", after=2)
    assert ended(job, 60).status == JobStatus.FAILED
    assert project.effects().count("dies") == 3 + 4  # the first of them after two items


@both_brokers
def test_before_its_time_is_up_it_goes_on(
    project: Project, store: JobStore, counts: Counts
) -> None:
    """No JobTimeoutException falls into an item, whose app would swallow it."""
    worker(project)
    job = run("swallows", items=12, timeout=3)
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(12)
    assert "swallowed" not in project.effects()
    assert not job.attempts


@both_brokers
def test_asked_to_leave_it_goes_on_first_elsewhere(
    project: Project, store: JobStore, counts: Counts
) -> None:
    old = worker(project)
    job = run("work", items=60, seconds=0.1)
    wait_until(lambda: "3" in project.effects(), what="it runs")
    later = run("work", items=0)
    began = time.monotonic()
    assert old.stop() == 0
    assert time.monotonic() - began < 5
    assert job.get_status() == JobStatus.QUEUED
    assert later.get_status() == JobStatus.QUEUED
    worker(project)
    assert ended(job, 60).status == JobStatus.FINISHED
    assert ended(later).started_at > job.started_at  # type: ignore[operator]
    assert counts() == once(60)
    assert project.effects().count("method") == 3
    assert not job.attempts


def test_stopped_it_ends_with_its_item(project: Project, store: JobStore, counts: Counts) -> None:
    process = worker(project)
    runs = its_process(process)
    job = run("work", items=100, seconds=0.6)
    wait_until(lambda: "2" in project.effects(), what="it runs")
    job.stop()
    after = run("work", items=0)
    assert ended(after).status == JobStatus.FINISHED
    assert its_process(process) == runs  # nobody killed it
    begun = [line for line in project.effects() if line.isdecimal()]
    assert counts() == once(len(begun))
    assert job.get_status() == JobStatus.STOPPED


def test_stopped_in_a_long_item_it_is_killed(project: Project, store: JobStore) -> None:
    process = worker(project)
    runs = its_process(process)
    job = run("work", items=100, seconds=100)
    wait_until(lambda: "0" in project.effects(), what="it runs")
    stopped = time.monotonic()
    job.stop()
    wait_until(lambda: not runs.is_running(), 30, "it is killed")
    assert time.monotonic() - stopped > 9


def test_a_run_that_went_on_is_killed_like_any_other(
    project: Project, store: JobStore, counts: Counts
) -> None:
    """What left its process does not count as that one's any more."""
    old = worker(project)
    job = run("work", items=30, seconds=0.1)
    wait_until(lambda: "3" in project.effects(), what="it runs")
    new = worker(project)
    old.popen.send_signal(signal.SIGTERM)
    wait_until(lambda: project.effects().count("method") == 2, what="it goes on")
    old.kill()
    its_process(new).kill()
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(30)
    assert len(job.attempts) == 1


def test_a_method_that_swallows_its_leave_goes_on_all_the_same(
    project: Project, store: JobStore, counts: Counts
) -> None:
    old = worker(project)
    job = run("swallows_its_leave", items=40)
    wait_until(lambda: "3" in project.effects(), what="it runs")
    assert old.stop() == 0
    assert "swallowed" in project.effects()
    assert job.get_status() == JobStatus.QUEUED
    worker(project)
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(40)


def test_stopped_and_requeued_it_goes_on(
    project: Project, store: JobStore, counts: Counts, rows_left: Callable[[], int]
) -> None:
    worker(project)
    job = run("work", items=20, seconds=0.2)
    wait_until(lambda: "2" in project.effects(), what="it runs")
    job.stop()
    assert ended(run("work", items=0)).status == JobStatus.FINISHED  # its process is free
    job = job.requeue()
    assert ended(job, 60).status == JobStatus.FINISHED
    assert counts() == once(20)
    assert all(project.effects().count(str(item)) == 1 for item in range(20))
    wait_until(lambda: rows_left() == 0, what="its rows are gone")


@on_each_database
def test_what_a_failed_job_had_done_goes_when_it_is_old(
    project: Project, store: JobStore, database: dict[str, str], rows_left: Callable[[], int]
) -> None:
    project.configure(rq_job_failure_ttl=2)
    old = worker(project, **database)
    job = run("fails_always", items=5, fail_at=3)
    assert ended(job, 60).status == JobStatus.FAILED
    assert rows_left() == 3
    failed_at = time.time()
    old.stop()
    wait_until(lambda: time.time() > failed_at + 2, what="they are old")
    worker(project, **database)
    assert ended(run("work", items=1), 60).status == JobStatus.FINISHED
    wait_until(lambda: rows_left() == 0, what="they are gone")
