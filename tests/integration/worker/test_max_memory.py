"""A job that has more in memory than it may is killed, and fails with that reason."""

from __future__ import annotations

import re

import pytest

from frappe_celery import options
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import ConfigError
from frappe_celery.jobs import JobStatus
from tests.integration.benches import ended
from tests.project import Project

TASKS = """
import string as library
import subprocess
import sys
import time
import frappe_celery
from myapp.tasks import record

GROW = "import sys, time; x = b'x' * (int(sys.argv[1]) << 20); time.sleep(float(sys.argv[2]))"

def grow(mib, seconds=30, ends=False):
    x = b"x" * (mib << 20)
    time.sleep(seconds)
    record(f"had {mib}")

@frappe_celery.options(max_memory=500, idempotent=True)
def limited(mib, seconds=30):
    grow(mib, seconds)

def leave(mib):
    library.kept = b"x" * (mib << 20)

def program(mib, seconds=30):
    subprocess.run([sys.executable, "-c", GROW, str(mib), str(seconds)], check=True)
"""


@pytest.fixture
def growing(project: Project) -> Project:
    """`loads` is a queue of which a job may have 500 MiB, `fresh` another, with a fork for each."""
    project.write("myapp/growing.py", TASKS)
    limited = {"timeout": 300, "max_memory": 500}
    project.configure(
        workers={"loads": limited, "fresh": {**limited, "fresh_process": True}},
        frappe_celery_methods={"myapp.growing.prog*": {"max_memory": 400}},
    )
    return project


@pytest.mark.parametrize(
    ("queue", "method", "limit"),
    [
        ("default", "myapp.growing.limited", 500),
        ("default", "myapp.growing.program", 400),
        ("loads", "myapp.growing.grow", 500),
        ("fresh", "myapp.growing.grow", 500),
    ],
)
def test_it_is_killed_and_its_neighbours_are_not(
    growing: Project, queue: str, method: str, limit: int
) -> None:
    growing.worker("-c", "2", "-Q", f"{queue},short")
    beside = enqueue("myapp.growing.grow", queue="short", mib=600, seconds=3)
    job = ended(enqueue(method, queue=queue, mib=900))
    assert job.status == JobStatus.FAILED
    assert f"MiB in memory, its max_memory is {limit} MiB" in str(job.exc_info)
    assert ended(beside).status == JobStatus.FINISHED
    assert growing.effects() == ["had 600"], "an idempotent one would grow again"


def test_one_that_stays_below_it_is_left_alone(growing: Project) -> None:
    growing.worker("-Q", "loads")
    jobs = [enqueue("myapp.growing.grow", queue="loads", mib=100, seconds=1.5) for _ in range(2)]
    assert [ended(job).status for job in jobs] == [JobStatus.FINISHED] * 2


def test_what_jobs_before_it_left_in_its_process_is_allowed_on_top(growing: Project) -> None:
    growing.worker("-c", "1", "-Q", "loads,short")
    ended(enqueue("myapp.growing.leave", queue="short", mib=700))
    small = ended(enqueue("myapp.growing.grow", queue="loads", mib=100, seconds=1.5))
    assert small.status == JobStatus.FINISHED
    large = ended(enqueue("myapp.growing.grow", queue="loads", mib=900))
    assert large.status == JobStatus.FAILED
    assert re.search(
        r"it had 1\d\d\d MiB in memory, its max_memory is 500 MiB, beside 7\d\d MiB that were"
        r" there when it began",
        str(large.exc_info),
    )


@pytest.mark.parametrize("wrong", [0, -1, 1.5, "500", True, 2**32])
def test_what_is_no_number_of_mib_is_refused(project: Project, wrong: object) -> None:
    with pytest.raises(ConfigError, match=r"max_memory is .* a whole number of MiB"):
        options(max_memory=wrong)  # type: ignore[arg-type]
    project.configure(workers={"loads": {"timeout": 300, "max_memory": wrong}})
    with pytest.raises(ConfigError, match=r"workers\.loads\.max_memory is"):
        enqueue("myapp.tasks.record")


def test_it_is_said_of_a_method_not_of_a_call(project: Project) -> None:
    with pytest.raises(ConfigError, match="not of one call"):
        options(max_memory=500).enqueue("myapp.tasks.record")
