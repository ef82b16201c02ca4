"""Whatever process dies at whatever moment: what was only fetched runs once, what ran is failed."""

from __future__ import annotations

import fcntl
import os
import signal
import stat
import termios
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.worker.reaper import reap
from tests.integration.benches import all_ended, ended, inside, worker, write_tasks
from tests.integration.stores import broken, queued, started, take, waiting
from tests.project import Process, Project
from tests.waiting import wait_until


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    with inside(project) as store:
        yield store
        assert broken(store) == []


def held(store: JobStore) -> list[str]:
    """What all consumers hold, without the queue that it came from."""
    keys = store.client.keys(f"{store.keys.prefix}inflight:*")
    return [v.decode().partition("\n")[2] for key in keys for v in store.client.hvals(key)]


def pool_process(process: Process) -> psutil.Process:
    (child,) = psutil.Process(process.pid).children()
    return child


def was_handed_a_job(child: psutil.Process) -> bool:
    """Whether bytes lie in a pipe to a process that is suspended (Linux)."""
    for link in Path(f"/proc/{child.pid}/fd").iterdir():
        if os.readlink(link).startswith("pipe:") and link.lstat().st_mode & stat.S_IRUSR:
            with link.open("rb") as pipe:
                if any(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4))):
                    return True
    return False


def waits_for(until: Path, name: str = "job", queue: str = "default") -> str:
    return enqueue("myapp.core.work", queue=queue, text=name, until=str(until)).run_id


def working(project: Project, name: str = "job") -> None:
    wait_until(lambda: f"{name} started" in project.effects(), what=f"{name} runs")


# -- SIGKILL


def test_a_worker_killed_between_fetch_and_start_loses_nothing(
    project: Project, store: JobStore
) -> None:
    process = worker(project)
    pool_process(process).suspend()
    first, second = (enqueue("myapp.core.record", text=name) for name in ("first", "second"))
    wait_until(lambda: held(store) == [first.run_id], what="the worker holds it")
    assert store.fetch_run(first.run_id).status == JobStatus.QUEUED
    process.kill()
    assert waiting(store) == [second.run_id]
    assert reap(store, dead_after=0) == []
    assert waiting(store) == [first.run_id, second.run_id]
    assert held(store) == []
    assert worker(project, "--burst").wait() == 0
    assert project.effects() == ["first", "second"]


def test_a_killed_worker_s_running_job_is_failed_by_another_worker_and_not_run_again(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    process = worker(project, "-c", "2")
    runs = [waits_for(tmp_path / "never", f"job{n}") for n in range(2)]
    for n in range(2):
        working(project, f"job{n}")
    process.kill()
    worker(project)
    jobs = [store.fetch_run(run) for run in runs]
    assert all_ended(jobs, timeout=20) == [JobStatus.FAILED] * 2
    for job in jobs:
        assert str(job.exc_info).startswith("AbandonedJobError: ")
        assert "no sign of life" in str(job.exc_info)
    ended(enqueue("myapp.core.record"))
    assert sorted(set(project.effects())) == ["job0 started", "job1 started", "ran"]
    assert (held(store), project.effects().count("job0 started")) == ([], 1)


def test_a_killed_pool_process_fails_its_job_and_the_worker_goes_on(
    project: Project, store: JobStore
) -> None:
    process = worker(project)
    job = ended(enqueue("myapp.core.die"))
    assert job.status == JobStatus.FAILED
    assert str(job.exc_info).startswith("AbandonedJobError: ")
    assert "its process died" in str(job.exc_info)
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert project.effects() == ["dies", "ran"]
    wait_until(lambda: held(store) == [], what="all is acknowledged")
    assert process.popen.poll() is None


def test_a_worker_killed_in_its_first_moments_is_settled_too(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """Before it had given a second sign of life."""
    waits_for(tmp_path / "never")
    process = worker(project)
    working(project)
    process.kill()
    assert len(reap(store, dead_after=0)) == 1
    assert store.counts()[JobStatus.FAILED] == 1
    assert store.client.zcard(store.keys.consumers) == 0


# -- the reaper


def test_a_reaper_that_dies_at_its_work_leaves_it_to_the_next(store: JobStore) -> None:
    """Between taking a dead worker's runs and failing them."""
    job = queued(store)
    started(store)
    keys = (store.keys.in_flight("consumer"), store.keys.consumers)
    named = store.run_script("reap", keys, store.keys.prefix, "consumer", "+inf")
    assert named == [job.run_id.encode()]
    assert job.is_started
    assert reap(store, dead_after=-1) == [job.run_id]
    assert job.is_failed
    assert (held(store), store.client.zcard(store.keys.consumers)) == ([], 0)


def test_a_living_consumer_is_left_alone(store: JobStore) -> None:
    jobs = [queued(store) for _ in range(2)]
    started(store)
    take(store)
    assert reap(store) == []
    assert len(held(store)) == 2
    assert [job.get_status() for job in jobs] == [JobStatus.STARTED, JobStatus.QUEUED]


def test_one_that_comes_back_to_life_starts_nothing_that_another_took(store: JobStore) -> None:
    """It stood still for so long that its jobs were given away."""
    job = queued(store)
    assert take(store, consumer="paused") == job.run_id
    reap(store, dead_after=-1)
    assert take(store, consumer="other") == job.run_id
    assert store.start(job.run_id, "other") == "claimed"
    assert store.start(job.run_id, "paused") == "started"


# -- SIGTERM, SIGQUIT


def test_a_worker_told_to_stop_ends_its_job_and_leaves_the_rest(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    process = worker(project)
    run = waits_for(until)
    working(project)
    left = enqueue("myapp.core.record")
    os.kill(process.pid, signal.SIGTERM)
    process.wait_for("Warm shutdown")
    until.touch()
    assert process.wait() == 0
    assert store.fetch_run(run).status == JobStatus.FINISHED
    assert waiting(store) == [left.run_id]
    assert held(store) == []
    assert store.workers.all() == []
    assert reap(store, dead_after=0) == []
    assert store.client.zcard(store.keys.consumers) == 0


def test_a_worker_told_to_stop_with_a_message_in_hand_gives_it_back(
    project: Project, store: JobStore
) -> None:
    process = worker(project)
    child = pool_process(process)
    child.suspend()
    job = enqueue("myapp.core.record")
    wait_until(lambda: held(store) == [job.run_id], what="the worker holds it")
    os.kill(process.pid, signal.SIGTERM)
    process.wait_for("Warm shutdown")
    child.resume()
    assert process.wait() == 0
    assert (held(store), waiting(store)) in (([], []), ([], [job.run_id]))
    assert project.effects() == ([] if waiting(store) else ["ran"])
    worker(project, "--burst").wait()
    assert project.effects() == ["ran"]


@pytest.mark.parametrize("stop", ["QUIT", "INT INT"])
def test_a_worker_stopped_at_once_leaves_no_job_running_for_ever(
    project: Project, store: JobStore, tmp_path: Path, stop: str
) -> None:
    process = worker(project)
    run = waits_for(tmp_path / "never")
    working(project)
    left = enqueue("myapp.core.record")
    *warm, cold = stop.split()
    for name in warm:
        os.kill(process.pid, getattr(signal, f"SIG{name}"))
        process.wait_for("Warm shutdown")
    os.kill(process.pid, getattr(signal, f"SIG{cold}"))
    process.wait()
    reap(store, dead_after=0)
    job = store.fetch_run(run)
    assert job.status == JobStatus.FAILED
    assert "AbandonedJobError: " in str(job.exc_info) or "SystemExit" in str(job.exc_info)
    assert waiting(store) == [left.run_id]
    assert held(store) == []
    worker(project, "--burst").wait()
    assert project.effects() == ["job started", "ran"]


# -- burst


def test_a_burst_of_two_processes_runs_everything_once(project: Project, store: JobStore) -> None:
    names = [f"job{n}" for n in range(300)]
    jobs = [enqueue("myapp.core.record", text=name) for name in names]
    assert worker(project, "--burst", "-c", "2").wait() == 0
    assert sorted(project.effects()) == sorted(names)
    assert {job.get_status() for job in jobs} == {JobStatus.FINISHED}
    assert held(store) == []


def test_a_burst_waits_for_what_still_runs(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    run = waits_for(until)
    process = worker(project, "--burst")
    working(project)
    last = enqueue("myapp.core.record")
    until.touch()
    assert process.wait() == 0
    assert store.fetch_run(run).status == JobStatus.FINISHED
    assert last.is_finished
