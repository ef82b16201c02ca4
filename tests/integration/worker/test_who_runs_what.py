"""What each of a worker's processes does and has done, as `RQ Worker` shows it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStore
from tests.brokers import both_brokers
from tests.integration.benches import all_ended, inside, worker, write_tasks
from tests.integration.worker.test_worker_death import waits_for, working
from tests.project import Project
from tests.waiting import wait_until


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    project.configure(workers={"long": {"timeout": 1500, "fresh_process": True}})
    with inside(project) as store:
        yield store


@both_brokers
def test_each_process_is_seen_with_its_own_run_and_what_it_has_run(
    project: Project, store: JobStore
) -> None:
    process = worker(project, "-c", "2")
    pids = {child.pid for child in psutil.Process(process.pid).children()}
    go = project.root / "go"
    runs = {waits_for(go, "warm"), waits_for(go, "fresh", queue="long")}
    for name in ("warm", "fresh"):
        working(project, name)

    busy = store.workers.by_process()
    assert {one.pid for one in busy} == pids
    assert {one.current_job for one in busy} == runs
    assert {one.state for one in busy} == {"busy"}
    assert len({one.name for one in busy}) == 2

    (one,) = store.workers.all()
    assert set(map(int, one.memory)) == {process.pid, *pids}
    for pid, size in one.memory.items():
        assert 0.5 < size / psutil.Process(int(pid)).memory_info().rss < 2

    go.touch()
    wait_until(lambda: not any(one.current_job for one in store.workers.by_process()))
    all_ended(enqueue("myapp.core.fail", queue=queue) for queue in ("default", "long"))

    def counted() -> tuple[int, int]:
        idle = store.workers.by_process()
        return sum(one.successful for one in idle), sum(one.failed for one in idle)

    wait_until(lambda: counted() == (2, 2), what="the next sign of life tells of all four")
    assert all(one.total_working_time > 0 for one in store.workers.by_process())


def test_a_worker_with_a_pool_of_celery_s_is_seen_as_one(project: Project, store: JobStore) -> None:
    process = worker(project, "--pool", "threads", "-c", "3")
    go = project.root / "go"
    run = waits_for(go)
    working(project)
    (one,) = wait_until(lambda: [w for w in store.workers.by_process() if w.current_job])
    assert (one.pid, one.current_job, one.processes) == (process.pid, run, 3)
    go.touch()


def counts(store: JobStore) -> tuple[int, int]:
    (one,) = store.workers.all()
    return one.successful, one.failed


@pytest.mark.parametrize("pool", ["prefork", "threads", "solo"])
def test_a_worker_counts_what_it_has_run(project: Project, store: JobStore, pool: str) -> None:
    worker(project, "--pool", pool, "-c", "1")
    all_ended(enqueue(method) for method in ("myapp.core.record", "myapp.core.fail"))
    wait_until(lambda: counts(store) == (1, 1), what="the next sign of life tells of both")


def test_what_a_process_ran_still_counts_when_it_is_no_more(
    project: Project, store: JobStore
) -> None:
    worker(project, "-c", "1")
    all_ended([enqueue("myapp.core.record")])
    run = waits_for(project.root / "never")
    working(project)  # a job that was claimed and has not begun goes back
    (one,) = wait_until(lambda: [w for w in store.workers.by_process() if w.current_job == run])
    os.kill(one.pid, signal.SIGKILL)
    wait_until(lambda: counts(store) == (2, 1), what="the job that it was killed at, its aftermath")
