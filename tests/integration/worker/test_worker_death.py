"""Whatever process dies at whatever moment: what was only fetched runs once, what ran is failed."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from frappe_celery.brokers.taker import Ended
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.workers import tag
from frappe_celery.worker.crew import Crew
from frappe_celery.worker.job_runner import taker_of
from frappe_celery.worker.member import Doing, Member, Seen, shared_slots
from frappe_celery.worker.reaper import reap
from tests.brokers import both_brokers
from tests.integration.benches import all_ended, ended, worker
from tests.integration.stores import broken, queued, started, take, waiting
from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until


@pytest.fixture
def store(pool_store: JobStore) -> Iterator[JobStore]:
    yield pool_store
    assert broken(pool_store) == []


def held(store: JobStore) -> list[str]:
    """What all consumers hold, without the queue that it came from."""
    keys = store.client.keys(f"{store.keys.prefix}inflight:*")
    return [v.decode().partition("\n")[2] for key in keys for v in store.client.hvals(key)]


def pool_process(process: Process) -> psutil.Process:
    (child,) = psutil.Process(process.pid).children()
    return child


def waits_for(until: Path, name: str = "job", queue: str = "default") -> str:
    return enqueue("myapp.core.work", queue=queue, text=name, until=str(until)).run_id


def working(project: Project, name: str = "job") -> None:
    wait_until(lambda: f"{name} started" in project.effects(), what=f"{name} runs")


# -- SIGKILL


@both_brokers
def test_a_process_that_dies_with_a_bell_in_its_ear_costs_a_moment(
    project: Project, store: JobStore
) -> None:
    """It was woken for a job that it did not take; the other one is woken within a second."""
    process = worker(project, "-c", "2")
    children = psutil.Process(process.pid).children()
    ended(enqueue("myapp.core.record", text="warm"))
    children[0].suspend()
    jobs = [enqueue("myapp.core.record", text=text) for text in ("one", "two")]
    assert all_ended(jobs) == [JobStatus.FINISHED] * 2
    children[0].kill()
    assert sorted(project.effects()) == ["one", "two", "warm"]


def test_what_a_process_held_and_had_not_begun_waits_again(store: JobStore) -> None:
    """What its parent does when it finds it dead, by what its slot said."""
    crew, dead = Crew(), Member(*shared_slots(1), thread=7)
    crew.queues, consumer = ("default",), crew.consumer
    store.client.zadd(store.keys.consumers, {consumer: time.time()})
    taker = taker_of(store, consumer, "w0@host")
    first, second = queued(store), queued(store)
    for doing in (Doing.ASKS, Doing.HOLDS):
        held_as = tag(consumer, 7, 1)
        taken = taker.take(held_as, ["default"], Ended())
        assert (taken and taken.run, first.get_status()) == (first.run_id, JobStatus.STARTED)
        assert taker.take(held_as, ["default"], Ended()) == taken, "its answer was lost"
        crew.release(dead, Seen(doing, 1, 0, 0.0, 0.0, ""), "its process died")
        assert (waiting(store), held(store)) == ([first.run_id, second.run_id], [])
        assert first.get_status() == JobStatus.QUEUED
    taker.take(tag(consumer, 7, 1), ["default"], Ended())
    crew.release(dead, Seen(Doing.RUNS, 1, 0, 0.0, 0.0, ""), "signal 9")
    assert (first.get_status(), held(store)) == (JobStatus.FAILED, [])
    assert "signal 9" in str(store.fetch_run(first.run_id).exc_info)


def test_a_parent_and_its_process_that_die_together_leave_a_run_that_is_failed(
    store: JobStore,
) -> None:
    """Though it may not have begun: nobody is left who knows."""
    consumer = "host:1:abc:jobs"
    store.client.zadd(store.keys.consumers, {consumer: time.time()})
    job = queued(store)
    assert taker_of(store, consumer, "w0@host").take(tag(consumer, 7, 1), ["default"], Ended())
    assert reap(store, dead_after=-1) == [job.run_id]
    assert (job.get_status(), held(store)) == (JobStatus.FAILED, [])


@both_brokers
def test_processes_die_with_their_parent_in_mid_job_too(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    process = worker(project, "-c", "2")
    children = psutil.Process(process.pid).children()
    waits_for(tmp_path / "never")
    working(project)
    process.kill()
    wait_until(
        lambda: not any(child.is_running() for child in children), HANG_SECONDS, "they are gone"
    )


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
    named = store.run_script("let_go", keys, store.keys.prefix, "consumer", "inf", "1", "")
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
    assert [job.get_status() for job in jobs] == [JobStatus.STARTED] * 2


# -- SIGTERM, SIGQUIT


WAITS = r"in wait\n.* in _wait_for_all\n"


def told_to_stop(project: Project, process: Process) -> None:
    """And so are its processes: it says so before it has told them, and after that only waits."""
    os.kill(process.pid, signal.SIGTERM)
    process.wait_for("Warm shutdown")
    log = project.root / "logs" / "worker.error.log"

    def waits_for_their_ends() -> bool:
        os.kill(process.pid, signal.SIGUSR1)
        return log.exists() and re.search(WAITS, log.read_text()) is not None

    wait_until(waits_for_their_ends, what="its processes are told", interval=0.1)


def test_a_worker_told_to_stop_ends_its_job_and_leaves_the_rest(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    process = worker(project)
    run = waits_for(until)
    working(project)
    left = enqueue("myapp.core.record")
    told_to_stop(project, process)
    until.touch()
    assert process.wait() == 0
    assert store.fetch_run(run).status == JobStatus.FINISHED
    assert waiting(store) == [left.run_id]
    assert held(store) == []
    assert store.workers.all() == []
    assert reap(store, dead_after=0) == []
    assert store.client.zcard(store.keys.consumers) == 0


def test_a_worker_told_to_stop_whose_process_was_woken_leaves_the_job(
    project: Project, store: JobStore
) -> None:
    process = worker(project)
    child = pool_process(process)
    child.suspend()
    job = enqueue("myapp.core.record")
    told_to_stop(project, process)
    child.resume()
    assert process.wait() == 0
    assert (held(store), waiting(store)) == ([], [job.run_id])
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
    assert "AbandonedJobError: its worker was told to stop at once" in str(job.exc_info)
    assert waiting(store)[-1] == left.run_id, "after the aftermath of the one that was killed"
    assert held(store) == []
    worker(project, "--burst").wait()
    assert project.effects() == ["job started", "ran"]


# -- between two jobs: the next one is asked for while what the last one left is put right

LINGERS = """
import os
import sys
from myapp.core import work


def whose():
    return os.getpid()


class Lingers:
    def __init__(self, until):
        self.until = until

    def __eq__(self, other):
        work("what it left", self.until)
        return False

    def write(self, text): pass
    def flush(self): pass


def leave(until):
    sys.stdout = Lingers(until)
"""
A_THREAD_TOO = """    from threading import Event, Thread
    from frappe_celery.worker import job_runner
    job_runner.IDLE_SECONDS = job_runner.WAIT_SECONDS = 600
    Thread(target=Event().wait, daemon=True).start()
"""
"""Its process has to be replaced, and would be seen to wait for a job."""


@pytest.fixture
def lingering(project: Project, store: JobStore, tmp_path: Path) -> Path:
    """A job whose process puts right what it left until this file exists; two others wait."""
    project.write("myapp/leaving.py", LINGERS)
    enqueue("myapp.leaving.leave", until=str(tmp_path / "go on"))
    for text in ("second", "third"):
        enqueue("myapp.core.record", text=text)
    return tmp_path / "go on"


def statuses(store: JobStore) -> list[str]:
    return [str(job.status) for job in sorted(store.page(length=9), key=lambda job: job.created_at)]


def test_a_job_is_claimed_while_what_the_last_one_left_is_put_right(
    project: Project, store: JobStore, lingering: Path
) -> None:
    worker(project)
    working(project, "what it left")
    wait_until(lambda: statuses(store) == ["finished", "started", "queued"])
    lingering.touch()
    wait_until(lambda: statuses(store) == ["finished"] * 3)
    assert project.effects()[-2:] == ["second", "third"]


@both_brokers
def test_a_process_killed_between_two_jobs_has_run_the_first_and_not_the_second(
    project: Project, store: JobStore, lingering: Path
) -> None:
    process = worker(project)
    working(project, "what it left")
    pool_process(process).kill()
    wait_until(lambda: statuses(store) == ["finished"] * 3)
    assert project.effects() == ["what it left started", "second", "third"]
    assert {job.opened.deliveries for job in store.page(length=9)} == {1}


@both_brokers
def test_a_worker_told_to_stop_between_two_jobs_leaves_the_second(
    project: Project, store: JobStore, lingering: Path
) -> None:
    process = worker(project)
    working(project, "what it left")
    told_to_stop(project, process)
    lingering.touch()
    assert process.wait() == 0
    assert statuses(store) == ["finished", "queued", "queued"]
    assert held(store) == []
    worker(project, "--burst").wait()
    assert project.effects()[-2:] == ["second", "third"]


@both_brokers
def test_a_process_that_is_to_be_replaced_waits_for_no_job(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    project.write("myapp/leaving.py", LINGERS + A_THREAD_TOO)
    process = worker(project)
    first = pool_process(process)
    (tmp_path / "go on").touch()
    enqueue("myapp.leaving.leave", until=str(tmp_path / "go on"))
    wait_until(lambda: not first.is_running(), what="it goes")


def test_a_process_that_is_to_be_replaced_gives_back_what_it_asked_for(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    project.write("myapp/leaving.py", LINGERS + A_THREAD_TOO)
    until = tmp_path / "go on"
    enqueue("myapp.leaving.leave", until=str(until))
    second = enqueue("myapp.leaving.whose")
    first = pool_process(worker(project))
    wait_until(lambda: second.get_status() == JobStatus.STARTED, what="it is claimed")
    until.touch()
    assert ended(second).result != first.pid


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
