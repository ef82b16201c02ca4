"""`celery control revoke` and `terminate` for jobs, which no consumer of Celery's is delivered."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, inside, worker, write_tasks
from tests.integration.stores import broken
from tests.integration.worker.test_worker_death import pool_process, working
from tests.project import Project
from tests.waiting import wait_until


@pytest.fixture
def store(project: Project) -> Iterator[JobStore]:
    write_tasks(project)
    with inside(project) as store:
        yield store
        assert broken(store) == []


def control(project: Project, *arguments: str) -> str:
    process = project.celery("control", "--json", *arguments)
    assert process.wait() == 0, process.output()
    return process.output()


def works(until: Path, **options: Any) -> Any:
    return enqueue("myapp.core.work", text="job", until=str(until), **options)


@both_brokers
def test_a_job_that_waits_is_canceled_and_one_that_runs_is_left_alone(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    worker(project)
    running = works(tmp_path / "go")
    working(project)
    waiting = enqueue("myapp.core.record", text="never")
    assert "revoked" in control(project, "revoke", running.run_id, waiting.run_id)
    (tmp_path / "go").touch()
    assert ended(running).status == JobStatus.FINISHED
    assert ended(waiting).status == JobStatus.CANCELED
    ended(enqueue("myapp.core.record", text="after"))
    assert project.effects() == ["job started", "job ended", "after"]


def terminate(project: Project, run: str) -> str:
    return control(project, "terminate", "KILL", run)


def revoke(project: Project, run: str) -> str:
    """As Flower does."""
    script = """
        import sys
        from frappe_celery import app
        print(app.control.revoke(sys.argv[1], terminate=True, signal="SIGTERM", reply=True))
    """
    return project.python(script, run)


def test_a_worker_without_gossip_and_heartbeat_looks_after_its_processes(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """Celery gives it nothing to send events with then."""
    process = worker(project, "--without-gossip", "--without-heartbeat")
    job = enqueue("myapp.core.work", text="long", until=str(tmp_path / "never"))
    wait_until(lambda: job.is_started, what="it runs")
    job.stop()
    process.wait_for("was stopped: its process is killed")
    again = enqueue("myapp.core.record")
    wait_until(lambda: again.is_finished, what="the next one runs in a new process")
    assert "AttributeError" not in process.output()


@both_brokers
@pytest.mark.parametrize("end", [terminate, revoke])
def test_a_job_that_runs_is_stopped(
    project: Project, store: JobStore, tmp_path: Path, end: Callable[[Project, str], str]
) -> None:
    """By each of two workers at once."""
    processes = [worker(project), worker(project)]
    job = works(tmp_path / "never")
    working(project)
    children = [pool_process(process) for process in processes]
    assert end(project, job.run_id).count("revoked") == 2
    assert ended(job).status == JobStatus.STOPPED
    gone, _ = psutil.wait_procs(children, timeout=5)
    assert len(gone) == 1


def test_a_task_that_nobody_knows(project: Project, store: JobStore) -> None:
    worker(project)
    assert "tasks unknown" in control(project, "terminate", "KILL", "no-such-id")


OWN = """
import frappe_celery
from celery import shared_task

@shared_task
def add(a, b):
    return a + b

app = frappe_celery.app
app.set_current()
"""


@both_brokers
def test_the_first_answer_after_a_team_s_first_task_comes(project: Project) -> None:
    """Its process is forked then, with the connections that its parent has."""
    project.write("celeryconfig.py", "imports = ('own',)\n")
    project.write("own.py", OWN)
    process = project.worker()
    project.python("from own import add; add.delay(1, 2)")
    process.wait_for("succeeded")
    said = project.python("from own import app; print(app.control.ping(timeout=10, limit=1))")
    assert "pong" in said
    assert "Control command error" not in process.output()
