"""A job that is stopped and at once requeued or deleted: its old process runs nothing beside it."""

from __future__ import annotations

import signal

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.brokers import both_brokers
from tests.integration.benches import ended, worker
from tests.project import Project
from tests.waiting import wait_until

METHODS = """
import os
import time
from pathlib import Path

EFFECTS = Path(__file__).parents[1] / "effects.txt"


def work(name, seconds):
    note(f"begun {name} {os.getpid()}")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.005)
    note(f"ended {name} {os.getpid()}")


def note(line):
    with EFFECTS.open("a") as effects:
        effects.write(line + "\\n")
"""


@pytest.fixture
def store(store: JobStore, project: Project) -> JobStore:
    project.write("myapp/stopping.py", METHODS)
    return store


def lines(project: Project, word: str, name: str) -> list[str]:
    """Processes that noted it of that job."""
    begins = f"{word} {name} "
    return [line.split()[-1] for line in project.effects() if line.startswith(begins)]


@both_brokers
@pytest.mark.parametrize("how", ["requeue", "delete"])
def test_what_was_stopped_does_not_go_on(project: Project, store: JobStore, how: str) -> None:
    worker(project, "-c", "2")
    for number in range(5):
        name = f"job{number}"
        job = enqueue("myapp.stopping.work", name=name, seconds=1.5)
        wait_until(lambda name=name: lines(project, "begun", name), what="it runs")
        job.stop()
        if how == "requeue":
            assert ended(job.requeue()).status == JobStatus.FINISHED
        else:
            job.delete()
    last = enqueue("myapp.stopping.work", name="last", seconds=0)
    assert ended(last).status == JobStatus.FINISHED
    for number in range(5):
        name, again = f"job{number}", how == "requeue"
        begun, done = lines(project, "begun", name), lines(project, "ended", name)
        assert (len(begun), len(done)) == (1 + again, int(again))
        assert begun[-1:] == done or not again
        told = [line.split()[0] for line in project.effects() if line.split()[1] == name]
        assert told == (["begun", "begun", "ended"] if again else ["begun"])


@both_brokers
def test_the_next_run_waits_for_a_process_that_is_not_gone_yet(
    project: Project, store: JobStore
) -> None:
    process = worker(project, "-c", "2")
    job = enqueue("myapp.stopping.work", name="job", seconds=600)
    wait_until(lambda: lines(project, "begun", "job"), what="it runs")
    process.popen.send_signal(signal.SIGSTOP)  # it kills nobody meanwhile
    other = worker(project)
    job.stop()
    again = job.requeue()
    assert ended(enqueue("myapp.core.record")).status == JobStatus.FINISHED
    assert (again.get_status(), len(lines(project, "begun", "job"))) == (JobStatus.SCHEDULED, 1)
    process.popen.send_signal(signal.SIGCONT)
    wait_until(lambda: len(lines(project, "begun", "job")) == 2, what="it runs again")
    assert not psutil.pid_exists(int(lines(project, "begun", "job")[0]))
    job.stop()
    other.stop()
