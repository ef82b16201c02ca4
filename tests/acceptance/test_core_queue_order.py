"""A worker empties its queues strictly in the order named; at_front jumps its own queue only."""

from __future__ import annotations

from pathlib import Path

import pytest

from frappe_celery.config import settings
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStore, get_store
from tests.brokers import both_brokers
from tests.project import Process, Project
from tests.waiting import wait_until

WORK = '''
import time
from pathlib import Path

from myapp.tasks import record


def work(text, until):
    """Run until the file `until` exists."""
    record(f"{text} started")
    while not Path(until).exists():
        time.sleep(0.02)
    record(f"{text} ended")
'''


@pytest.fixture
def store(project: Project) -> JobStore:
    project.write("myapp/work.py", WORK)
    project.configure(workers={"mail": {"timeout": 60}, "archive": {}})
    settings.use(None)
    return get_store()


def add(queue: str, name: str, at_front: bool = False) -> None:
    enqueue("myapp.tasks.record", queue=queue, text=name, at_front=at_front)


def backlog(*queues: str, each: int = 4) -> None:
    """Jobs in all queues, put there in turns and the last queue first."""
    for number in range(each):
        for queue in reversed(queues):
            add(queue, f"{queue}{number}")


def in_order(*queues: str, each: int = 4) -> list[str]:
    return [f"{queue}{number}" for queue in queues for number in range(each)]


@pytest.mark.parametrize(
    "order", ["short,default,long", "long,short,default", "archive,default,mail"]
)
def test_a_backlog_is_emptied_in_the_order_of_q(
    project: Project, store: JobStore, order: str
) -> None:
    queues = order.split(",")
    backlog("short", "default", "long", "mail", "archive")
    assert project.worker("--without-mingle", "-Q", order, "--burst").wait() == 0
    assert project.effects() == in_order(*queues)
    left = {"short", "default", "long", "mail", "archive"} - set(queues)
    assert all(store.queue_length(queue) == 4 for queue in left)


@both_brokers
def test_without_q_it_is_short_default_long_then_the_custom_ones(
    project: Project, store: JobStore
) -> None:
    everything = ("short", "default", "long", "mail", "archive")
    backlog(*everything)
    assert project.worker("--without-mingle", "--burst").wait() == 0
    assert project.effects() == in_order(*everything)


def test_at_front_jumps_its_own_queue_only_and_the_last_one_is_first(
    project: Project, store: JobStore
) -> None:
    backlog("short", "long", each=2)
    for name in ("first", "second", "third"):
        add("long", name, at_front=True)
    assert project.worker("--without-mingle", "-Q", "short,long", "--burst").wait() == 0
    assert project.effects() == [
        *("short0", "short1", "third", "second", "first"),
        *("long0", "long1"),
    ]


@both_brokers
def test_what_comes_into_an_earlier_queue_meanwhile_is_next(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """Nothing was taken ahead of its turn while the process was busy."""
    until = tmp_path / "go on"
    enqueue("myapp.work.work", queue="long", text="long0", until=str(until))
    add("long", "long1")
    add("default", "default0")
    worker = project.worker("--without-mingle", "-Q", "short,default,long")
    wait_until(lambda: "long0 started" in project.effects(), what="the long job runs")
    for queue in ("long", "default", "short"):
        add(queue, f"{queue}2")
    add("default", "default3", at_front=True)
    until.touch()
    wait_until(lambda: len(project.effects()) == 8, what="all have run")
    worker.stop()
    assert project.effects() == [
        *("default0", "long0 started", "long0 ended", "short2"),
        *("default3", "default2", "long1", "long2"),
    ]


# -- frappe-celery worker


def cli_worker(project: Project, *arguments: str) -> Process:
    return project.start("cli", "-m", "frappe_celery.cli", "worker", "-c", "1", *arguments)


def test_the_command_line_s_worker_keeps_the_order_and_stops_when_all_is_done(
    project: Project, store: JobStore
) -> None:
    backlog("short", "default", "long")
    worker = cli_worker(project, "--queue", "default,short", "--burst")
    assert worker.wait() == 0, worker.output()
    assert project.effects() == in_order("default", "short")
    assert store.queue_length("long") == 4
    assert "nothing left in default, short" in worker.output()


def test_a_quiet_worker_says_nothing_of_jobs_that_succeed(
    project: Project, store: JobStore
) -> None:
    add("short", "a")
    enqueue("myapp.tasks.fail", queue="short", message="shown")
    worker = cli_worker(project, "--queue", "short", "--burst", "--quiet")
    assert worker.wait() == 0, worker.output()
    assert project.effects() == ["a", "fail shown"]
    assert "succeeded" not in worker.output()
    assert "shown" in worker.output()


def test_an_unknown_queue_is_named_with_those_there_are(project: Project, store: JobStore) -> None:
    worker = cli_worker(project, "--queue", "short,nightly")
    assert worker.wait() != 0
    assert "'nightly'" in worker.output()
    assert "short, default, long, mail, archive" in worker.output()
    assert "Traceback" not in worker.output()
