"""What a job does to processes: it forks, signals its group, starts others and is killed."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import all_ended, ended, worker
from tests.project import Process, Project
from tests.waiting import wait_until

METHODS = """
import os
import signal
import subprocess
import sys
import time

import frappe

from myapp.core import record


def fork(how="return"):
    frappe.get_doc({"doctype": "Memo", "name": frappe.generate_hash()}).insert()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
    elif how == "exit":
        sys.exit(0)
    elif how == "raise":
        raise ValueError("in the child")
    return child != 0


def memos():
    return frappe.db.count("Memo") if frappe.db.table_exists("Memo") else 0


def signal_its_group(number):
    os.killpg(os.getpgrp(), number)
    return "went on"


def start_another():
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    record(f"started {other.pid}")
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def process(bench: Project) -> Process:
    bench.write("myapp/processes.py", METHODS)
    return worker(bench)


@pytest.mark.parametrize("how", ["return", "exit", "raise"])
def test_what_a_job_forks_ends_before_it_would_commit_and_take_jobs(
    process: Process, bench_store: JobStore, how: str
) -> None:
    before = ended(enqueue("myapp.processes.memos")).result
    for _ in range(5):
        job = ended(enqueue("myapp.processes.fork", how=how))
        assert (job.status, job.result) == (JobStatus.FINISHED, True)
    assert ended(enqueue("myapp.processes.memos")).result == before + 5
    assert len(psutil.Process(process.pid).children(recursive=True)) == 1


@pytest.mark.parametrize("number", [15, 9])
def test_a_job_that_signals_its_group_reaches_no_other(
    process: Process, bench_store: JobStore, number: int
) -> None:
    job = ended(enqueue("myapp.processes.signal_its_group", number=number))
    assert (job.result, job.status) == (
        ("went on", JobStatus.FINISHED) if number == 15 else (None, JobStatus.FAILED)
    )
    assert all_ended([enqueue("myapp.core.record")]) == [JobStatus.FINISHED]
    assert process.popen.poll() is None


def test_what_a_job_started_ends_with_it_when_it_is_stopped(
    bench: Project, process: Process, bench_store: JobStore
) -> None:
    job = enqueue("myapp.processes.start_another")

    def started() -> list[int]:
        words = [line.split() for line in bench.effects()]
        return [
            int(number) for word, number in (w for w in words if len(w) == 2) if word == "started"
        ]

    wait_until(lambda: bool(started()), what="the job has started a program")
    (other,) = started()
    job.stop()
    wait_until(lambda: not Path(f"/proc/{other}").exists(), what="what it started has ended")
