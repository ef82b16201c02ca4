"""A queue whose jobs each get a process of their own."""

from __future__ import annotations

import signal
from pathlib import Path

import psutil
import pytest

from frappe_celery.config import settings
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.fresh import TIMES, replaced
from tests.brokers import both_brokers
from tests.integration.benches import all_ended, ended, worker
from tests.integration.cli import read, run
from tests.integration.worker.test_worker_death import waits_for, working
from tests.project import Process, Project
from tests.waiting import HANG_SECONDS, wait_until

KEEP = """
import os
import string as library
import sys
import threading
import time

library.kept = []


def count():
    library.kept.append(1)
    return [len(library.kept), os.getpid()]


def leave_a_thread(leaves=True):
    if leaves:
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()
    return count()


def become_another_program():
    os.execvp("true", ["true"])


def hang():
    time.sleep(600)


def close_its_output():
    sys.stdout = open(os.devnull, "w")
    sys.stdout.close()
    return 7


def die_before_what_it_forked():
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)
    os.kill(os.getpid(), 9)
"""


ASKS = """
from frappe_celery import options
from myapp import core, keep


@options(fresh_process=True)
def record(text):
    core.record(text)
    return keep.count()
"""


@pytest.fixture(scope="module")
def process(bench: Project) -> Process:
    bench.write("myapp/keep.py", KEEP)
    bench.write("myapp/asks.py", ASKS)
    bench.configure(workers={"long": {"timeout": 1500, "fresh_process": True}})
    return worker(bench, "-Q", "default,long")


@pytest.fixture
def store(process: Process, bench_store: JobStore) -> JobStore:
    """Of a worker that the tests share."""
    return bench_store


@both_brokers
def test_what_a_job_leaves_in_a_library_the_next_one_does_not_find(
    process: Process, store: JobStore
) -> None:
    (taker,) = psutil.Process(process.pid).children()
    fresh = [enqueue("myapp.keep.count", queue="long") for _ in range(3)]
    assert all_ended(fresh) == [JobStatus.FINISHED] * 3
    counts, pids = zip(*(job.result for job in fresh), strict=True)
    assert counts == (1, 1, 1)
    assert taker.pid not in pids
    assert len(set(pids)) == 3
    warm = [ended(enqueue("myapp.keep.count")).result for _ in range(2)]
    assert warm == [[1, taker.pid], [2, taker.pid]]
    after_those = ended(enqueue("myapp.keep.count", queue="long"))
    assert after_those.result[0] == 1


def test_no_process_is_kept_ready_where_no_queue_asks_for_it(
    project: Project, store: JobStore
) -> None:
    project.configure(workers=None)
    process = worker(project)
    assert ended(enqueue("myapp.keep.count", queue="long")).result[0] == 1
    assert len(family(process.pid)) == 1


def test_a_failure_and_a_death_are_recorded(store: JobStore) -> None:
    failed = ended(enqueue("myapp.core.fail", queue="long"))
    assert (failed.status, "broken on purpose" in str(failed.exc_info)) == (JobStatus.FAILED, True)
    died = ended(enqueue("myapp.core.die", queue="long"))
    assert died.status == JobStatus.FAILED
    assert "its process died: signal 9" in str(died.exc_info)
    left = ended(enqueue("myapp.keep.die_before_what_it_forked", queue="long"))
    assert "its process died: signal 9" in str(left.exc_info)
    after = ended(enqueue("myapp.core.record", queue="long"))
    assert (after.status, after.exc_info) == (JobStatus.FINISHED, None)


def test_a_job_that_closes_its_output_has_finished(store: JobStore) -> None:
    job = ended(enqueue("myapp.keep.close_its_output", queue="long"))
    assert (job.status, job.result) == (JobStatus.FINISHED, 7)


def test_timeout_and_stop_reach_it(process: Process, store: JobStore) -> None:
    late = ended(enqueue("myapp.keep.hang", queue="long", timeout=1))
    assert (late.status, "JobTimeout" in str(late.exc_info)) == (JobStatus.FAILED, True)
    job = enqueue("myapp.keep.hang", queue="long")
    wait_until(lambda: job.is_started, what="it runs")
    wait_until(
        lambda: len(family(process.pid)) == 4, what="in a process of its own, the next ready"
    )
    processes = family(process.pid)
    job.stop()
    wait_until(lambda: not any(p.is_running() for p in processes), HANG_SECONDS, "all are gone")
    assert job.get_status() == JobStatus.STOPPED


def test_it_dies_with_its_worker(project: Project, pool_store: JobStore, tmp_path: Path) -> None:
    project.configure(workers={"long": {"timeout": 1500, "fresh_process": True}})
    settings.use(None)
    process = worker(project)
    waits_for(tmp_path / "never", queue="long")
    working(project)
    processes = family(process.pid)
    assert len(processes) == 4  # who took it, the seed, its fork and the next one
    process.popen.send_signal(signal.SIGKILL)
    wait_until(lambda: not any(p.is_running() for p in processes), HANG_SECONDS, "they are gone")


def test_one_that_dies_while_it_waits_for_a_job_is_replaced(
    process: Process, store: JobStore
) -> None:
    assert ended(enqueue("myapp.keep.count", queue="long")).result[0] == 1
    (taker,) = psutil.Process(process.pid).children()
    (seed,) = taker.children()
    wait_until(lambda: len(seed.children()) == 1, what="the one that ran it is gone")
    (ready,) = seed.children()
    ready.kill()
    wait_until(lambda: not ready.is_running(), what="it is gone")
    assert ended(enqueue("myapp.keep.count", queue="long")).result[0] == 1
    assert psutil.Process(process.pid).children() == [taker]


@both_brokers
def test_a_method_may_ask_and_whoever_has_run_jobs_gives_its_job_back(
    process: Process, bench: Project, store: JobStore
) -> None:
    """A process without a seed ends. No job is lost, run twice, or counted as tried once more."""
    store.client.delete(f"{store.keys.prefix}rules:declared")  # by another test, on another broker
    bench.configure(workers=None)
    other = worker(bench, "-Q", "short", "-c", "2")
    jobs = [enqueue("myapp.keep.count", queue="short") for _ in range(50)]
    assert all_ended(jobs) == [JobStatus.FINISHED] * 50
    assert len({job.result[1] for job in jobs}) == 2, "both have run one"
    assert len(family(other.pid)) == 2, "none of its queues asks: no process has a seed"
    texts = [f"asks {number}" for number in range(12)]
    jobs = [enqueue("myapp.asks.record", queue="short", text=text) for text in texts]
    assert all_ended(jobs) == [JobStatus.FINISHED] * 12
    later = [enqueue("myapp.asks.record", queue="short", text=text) for text in texts]
    assert all_ended(later) == [JobStatus.FINISHED] * 12
    assert {job.result[0] for job in later} == {1}
    assert len({job.result[1] for job in later}) == 12
    assert sorted(bench.effects()) == sorted(texts * 2)
    assert {store.fetch_run(job.run_id).opened.deliveries for job in jobs} == {1}


@both_brokers
def test_a_method_whose_jobs_have_their_process_replaced_gets_one_for_each(
    process: Process, bench: Project, store: JobStore
) -> None:
    for _ in range(TIMES):
        leaves_a_thread(process)
    (taker,) = psutil.Process(process.pid).children()
    later = [ended(enqueue("myapp.keep.leave_a_thread")).result for _ in range(3)]
    assert {number for number, _ in later} == {1}
    assert taker.pid not in {pid for _, pid in later}
    assert psutil.Process(process.pid).children() == [taker]
    found = read("doctor", code=2)["sections"]["workers"]["findings"]
    assert "myapp.keep.leave_a_thread: each of its jobs has a process of its own" in str(found)
    run("state", "--forget")
    assert replaced(store) == {}


def test_one_whose_process_goes_on_in_between_is_not_counted_on(
    process: Process, store: JobStore
) -> None:
    for _ in range(TIMES - 1):
        leaves_a_thread(process)
    assert replaced(store) == {"myapp.keep.leave_a_thread": TIMES - 1}
    ended(enqueue("myapp.keep.leave_a_thread", leaves=False))
    wait_until(lambda: replaced(store) == {}, what="it is noted")


def leaves_a_thread(process: Process) -> None:
    before = psutil.Process(process.pid).children()
    ended(enqueue("myapp.keep.leave_a_thread"))
    wait_until(lambda: not any(one.is_running() for one in before), what="its process is gone")
    wait_until(lambda: len(psutil.Process(process.pid).children()) == 1, what="there is another")


def test_a_job_that_becomes_another_program_is_told_so(store: JobStore) -> None:
    job = ended(enqueue("myapp.keep.become_another_program"))
    assert "ended, or became another program, before the job's end: exit code 0" in job.exc_info


def test_a_message_larger_than_a_pipe_arrives(store: JobStore) -> None:
    job = enqueue("myapp.core.record", queue="long", text="x" * 1_000_000)
    assert len(ended(job).result) == 1_000_000


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)
