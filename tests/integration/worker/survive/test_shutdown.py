"""A worker that is told to stop, and workers that are drained, lose nothing."""

from __future__ import annotations

import fcntl
import os
import signal
import sys
import termios
from pathlib import Path

import psutil

from frappe_celery import options
from frappe_celery.config import settings
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.worker.reaper import reap
from tests.brokers import both_brokers
from tests.integration.benches import ended, worker
from tests.integration.worker.signs_of_life import wait_for_a_sign_of_life
from tests.integration.worker.test_worker_death import held, working
from tests.project import Process, Project
from tests.waiting import wait_until

LARGE, PIECE = 10_000_000, 4096
"""Bytes of a result, and of what a pipe has room for at least."""


def told_to_stop(process: Process) -> None:
    os.kill(process.pid, signal.SIGTERM)
    process.wait_for("Warm shutdown")


def work(until: Path, name: str = "job") -> str:
    return enqueue("myapp.core.work", text=name, until=str(until)).run_id


@both_brokers
def test_a_stopping_worker_keeps_the_job_that_runs_on_and_records_each_end_at_once(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    process = worker(project, "-c", "2")
    run, other = work(tmp_path / "job"), work(tmp_path / "other", "other")
    working(project)
    working(project, "other")
    told_to_stop(process)
    (tmp_path / "other").touch()
    assert ended(store.fetch_run(other)).status == JobStatus.FINISHED
    process.wait_for("still run: waiting for up to")  # its consumer has gone by then
    wait_for_a_sign_of_life(store, process)
    assert reap(store) == []
    assert store.fetch_run(run).status == JobStatus.STARTED
    (tmp_path / "job").touch()
    assert process.wait() == 0
    assert store.fetch_run(run).status == JobStatus.FINISHED
    reap(store, dead_after=0)
    assert (held(store), store.client.zcard(store.keys.consumers)) == ([], 0)


@both_brokers
def test_at_the_limit_a_stopping_worker_abandons_what_runs_and_leaves_what_waits(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    project.configure(shutdown_seconds=1)
    process = worker(project, "-c", "2")
    run = enqueue(
        "myapp.core.work", text="job", until=str(tmp_path / "no"), on_failure="myapp.survive.told"
    ).run_id
    again = options(idempotent=True).enqueue(
        "myapp.core.work", text="again", until=str(tmp_path / "no")
    )
    working(project)
    working(project, "again")
    waits = enqueue("myapp.core.record")
    told_to_stop(process)
    assert process.wait() == 0
    job = store.fetch_run(run)
    assert job.status == JobStatus.FAILED
    assert "told to stop, and it had not ended 1 s later (shutdown_seconds)" in str(job.exc_info)
    following = store.fetch(again.id)
    assert following.status == JobStatus.QUEUED
    assert store.queue_length("default") == 3  # these, and the aftermath of the other one
    (tmp_path / "no").touch()
    assert worker(project, "--burst").wait() == 0
    told = "told site1.localhost Administrator myapp.core.work AbandonedJobError"
    assert sorted(project.effects()) == sorted(
        ["job started", "again started", told, "again started", "again ended", "ran"]
    )
    assert project.effects()[-1] == "ran"
    assert waits.get_status() == following.get_status() == JobStatus.FINISHED


def test_a_worker_lets_its_jobs_run_as_long_as_they_may(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """By the longest timeout of its queues and of what it runs, where no other number is set."""
    project.configure(workers={"brief": {"timeout": 2}})
    settings.use(None)
    process = worker(project, "-Q", "brief", "-c", "2")
    cut = enqueue("myapp.core.work", text="cut", until=str(tmp_path / "no"), queue="brief")
    working(project, "cut")
    told_to_stop(process)
    process.wait_for("1 jobs still run: waiting for up to 2 s")
    assert process.wait() == 0
    assert store.fetch_run(cut.run_id).status == JobStatus.FAILED

    process = worker(project, "-Q", "brief", "-c", "2")
    job = enqueue(
        "myapp.core.work", text="long", until=str(tmp_path / "go on"), queue="brief", timeout=900
    )
    working(project, "long")
    active = (JobStatus.QUEUED, JobStatus.STARTED)
    wait_until(lambda: sum(store.counts()[it] for it in active) == 1, what="no aftermath runs")
    told_to_stop(process)
    process.wait_for("1 jobs still run: waiting for up to 900 s")
    (tmp_path / "go on").touch()
    assert process.wait() == 0
    assert store.fetch_run(job.run_id).status == JobStatus.FINISHED


def drain(project: Project, *arguments: str) -> Process:
    return project.start(
        f"drain{len(project.processes)}", "-m", "frappe_celery.cli", "drain", *arguments
    )


@both_brokers
def test_drained_workers_take_no_more_and_what_waits_waits_for_the_next(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    processes = [worker(project), worker(project)]
    runs = [work(tmp_path / "go on", name) for name in ("job0", "job1")]
    for name in ("job0", "job1"):
        working(project, name)
    early = drain(project, "--timeout", "0")
    assert early.wait() == 1
    assert "still running after 0 s: myapp.core.work (site1.localhost::" in early.output()
    left = enqueue("myapp.core.record")
    drains = drain(project)
    (tmp_path / "go on").touch()
    assert drains.wait() == 0, drains.output()
    assert "Drained: 2 workers take no more jobs, and none runs." in drains.output()
    assert not set(runs) & set(held(store))
    assert {store.fetch_run(run).status for run in runs} == {JobStatus.FINISHED}
    assert store.queue_length("default") == 1
    assert left.is_queued
    assert [process.stop() for process in processes] == [0, 0]
    worker(project)
    assert ended(left).status == JobStatus.FINISHED
    assert project.effects()[-1] == "ran"


def test_without_workers_there_is_nothing_to_drain(project: Project, store: JobStore) -> None:
    process = drain(project)
    assert process.wait() == 0
    assert "No worker runs." in process.output()


def unread(process: psutil.Process) -> int:
    """Bytes that wait in one of its pipes."""
    found = [0]
    for path in Path(f"/proc/{process.pid}/fd").iterdir():
        if os.readlink(path).startswith("pipe:"):
            end = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            number = fcntl.ioctl(end, termios.FIONREAD, bytes(4))
            found.append(int.from_bytes(number, sys.byteorder))
            os.close(end)
    return max(found)


def test_a_team_s_task_whose_result_is_half_read_does_not_hold_a_stop_up(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """What its process says last comes in many pieces, between two of which the worker is told."""
    until = tmp_path / "go on"
    project.write(
        "myapp/own.py",
        f"""
        from celery import shared_task
        from myapp.core import work


        class Large(Exception):
            def __reduce__(self):
                return Exception, (b"x" * {LARGE},)


        @shared_task(ignore_result=True)
        def large():
            work("job", {str(until)!r})
            raise Large
        """,
    )
    project.write("myapp/__init__.py", "from myapp import own")
    process = worker(project, "-c", "1")
    parent = psutil.Process(process.pid)
    before = parent.children()
    project.python(
        """
        import frappe_celery
        frappe_celery.app.set_current()
        from myapp.own import large
        large.delay()
        """
    )
    working(project)
    (child,) = {*parent.children()} - {*before}
    wait_until(lambda: not unread(child), what="it is heard that the task has begun")
    parent.suspend()
    until.touch()
    wait_until(lambda: unread(child) >= PIECE, what="a piece of the result is to be read")
    child.suspend()
    parent.resume()
    wait_until(lambda: not unread(child), what="this piece is read")
    parent.suspend()
    parent.terminate()
    child.resume()
    parent.resume()
    assert process.wait(25) == 0  # Celery's process waits for 30 s to be heard
    assert not store.client.llen(store.keys.whole("default"))
