"""A project's tasks for these tests, and being a process of the project inside the test."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import psutil

from frappe_celery.config import settings
from frappe_celery.jobs import Job, JobStatus, JobStore, get_store
from frappe_celery.jobs.job import ENDED
from frappe_standalone.site.context import destroy
from tests.integration.stores import broken
from tests.project import Process, Project
from tests.waiting import wait_until

TASKS = '''
"""What the tests of the core enqueue; effects.txt shows what ran."""

import os
import signal
import time
from pathlib import Path

EFFECTS = Path(__file__).parents[1] / "effects.txt"


def record(text="ran", **kwargs):
    with EFFECTS.open("a") as effects:
        effects.write(f"{text}\\n")
    return text


def nightly():
    record("nightly")


def echo(**kwargs):
    from tests.unit.jobs.values import shape

    return {"arrived": shape(kwargs), "kwargs": kwargs}


def fail(message="broken on purpose"):
    raise ValueError(message)


def work(text, until):
    """Run until the file `until` exists."""
    record(f"{text} started")
    while not Path(until).exists():
        time.sleep(0.02)
    record(f"{text} ended")
    return text


def work_quietly(text, until):
    """As `work`, with nothing to return, like most jobs."""
    work(text, until)


def fail_after(until):
    record("fails soon")
    while not Path(until).exists():
        time.sleep(0.02)
    fail()


def die():
    record("dies")
    os.kill(os.getpid(), signal.SIGKILL)
'''


HOOKS = """
app_name = "myapp"
scheduler_events = {"monthly": ["myapp.core.nightly"]}
"""


def write_tasks(project: Project) -> None:
    project.write("myapp/core.py", TASKS)
    project.write("myapp/hooks.py", HOOKS)


@contextmanager
def inside(project: Project) -> Iterator[JobStore]:
    """Be a process of the project: its folder, its settings, its site."""
    before, folder = list(sys.path), os.getcwd()
    os.chdir(project.root)
    sys.path.insert(0, str(project.root))
    destroy()
    settings.use(settings.Settings.load(project.root, {}))
    try:
        yield get_store()
    finally:
        destroy()
        settings.use(None)
        os.chdir(folder)
        sys.path[:] = before
        for name in [name for name in sys.modules if name.split(".")[0] == "myapp"]:
            del sys.modules[name]


@contextmanager
def inside_with(project: Project, url: str) -> Iterator[JobStore]:
    """The same, with a Redis of its own; at the end all that it holds must agree."""
    project.configure(redis_queue=url)
    write_tasks(project)
    with inside(project) as store:
        yield store
        assert broken(store) == []


def forget(project: Project, store: JobStore) -> None:
    """What was recorded, ran and was refused, once no job of a shared project is at work any more;
    its workers live on."""
    active = (JobStatus.QUEUED, JobStatus.STARTED)
    wait_until(lambda: not sum(store.counts()[status] for status in active), what="all has ended")
    for job in store.page(length=-1):
        job.delete()
    store.client.delete(store.keys.refused)
    (project.root / "effects.txt").unlink(missing_ok=True)


def worker(project: Project, *arguments: str, **environment: str) -> Process:
    """A worker that does not look for others first, which takes Celery a second."""
    return project.worker("--without-mingle", *arguments, **environment)


def renew_processes(worker: Process) -> None:
    """Have an idle worker replace those that it has run jobs in."""
    parent = psutil.Process(worker.pid)
    before = parent.children()
    for process in before:
        process.kill()
    wait_until(
        lambda: len(parent.children()) == len(before) and not {*before} & {*parent.children()},
        what="its processes are replaced",
    )


@contextmanager
def still(worker: Process) -> Iterator[None]:
    """Its processes take nothing meanwhile, as if it were started afterwards."""
    processes = psutil.Process(worker.pid).children()
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            process.resume()


def kill_workers(project: Project, chance: random.Random) -> None:
    """Kill one after the other just after it is ready, whatever it does; the last one lives."""
    for _ in range(4):
        process = worker(project, "-c", "2")
        process.wait_for("ready")
        time.sleep(chance.random() * 0.3)
        process.kill()
    worker(project, "-c", "2")


def ended(job: Job, timeout: float = 30) -> Job:
    """The job, once it has ended."""
    wait_until(lambda: job.get_status() in ENDED, timeout, f"{job.method} has ended")
    return job


def all_ended(jobs: Iterable[Job], timeout: float = 30) -> list[JobStatus]:
    """Each one's status, once all have ended."""
    return [ended(job, timeout).status for job in jobs]
