"""While jobs are short the next message is fetched ahead, and held for a moment only."""

from __future__ import annotations

from pathlib import Path

import pytest

from frappe_celery.brokers.redis.pace import IN_A_ROW
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStore
from tests.integration.benches import worker
from tests.project import Project
from tests.waiting import wait_until

WORK = """
import time
from pathlib import Path

from frappe_celery.jobs import get_store
from myapp.tasks import record


def nothing():
    pass


def held_at_most(text):
    \"\"\"Look for as long as a short job lasts, or until a second is there, how many messages this
    job's worker holds.\"\"\"
    store = get_store()
    [held] = store.client.keys(store.keys.in_flight("*"))
    began, most = time.monotonic(), 0
    while time.monotonic() < began + (0.005 if most > 1 else 0.5):
        most = max(most, store.client.hlen(held))
    record(f"{text} {most}")


def wait_for(until):
    record("waiting")
    while not Path(until).exists():
        time.sleep(0.02)
    record("waited")
"""


SHORT_IS_A_SECOND = """
from frappe_celery.brokers.redis import pace

pace.AHEAD_SECONDS = 1  # ten jobs in a row are shorter than 10 ms on a free machine only
"""


@pytest.fixture
def store(project: Project, pool_store: JobStore) -> JobStore:
    project.write("myapp/work.py", WORK)
    return pool_store


def short_jobs(number: int = 3 * IN_A_ROW) -> None:
    for _ in range(number):
        enqueue("myapp.work.nothing")


def test_one_message_is_ready_for_the_process_that_will_be_free(
    project: Project, store: JobStore
) -> None:
    project.write("celeryconfig.py", SHORT_IS_A_SECOND)
    for _ in range(20):
        short_jobs()
        enqueue("myapp.work.held_at_most", text="short")
    short_jobs(2)
    assert worker(project, "-c", "1", "--burst").wait() == 0
    assert "short 2" in project.effects()
    assert not any("3" in line for line in project.effects()), "one message, never more"


def test_it_is_given_back_when_no_process_becomes_free(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    short_jobs()
    enqueue("myapp.work.wait_for", until=str(until))
    enqueue("myapp.tasks.record", text="behind")
    running = worker(project, "-c", "1")
    wait_until(lambda: project.effects() == ["waiting"], what="the long job runs")
    wait_until(lambda: store.queue_length("default") == 1, 2, "what was behind it waits again")
    enqueue("myapp.tasks.record", text="in front", at_front=True)
    worker(project, "-c", "1", "-n", "other@%h")
    wait_until(lambda: project.effects()[1:] == ["in front", "behind"], what="another took both")
    until.touch()
    wait_until(lambda: project.effects()[-1] == "waited", what="the long job ends")
    assert running.stop() == 0


def test_it_is_given_back_also_after_processes_were_replaced(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """Celery's count of the free ones is one too high for a while whenever one was."""
    project.configure(max_tasks_per_child=100)
    short_jobs(100)
    worker(project, "-c", "2")
    for n in range(8):
        until = tmp_path / f"go on {n}"
        short_jobs(180 + 17 * n)
        for _ in range(2):
            enqueue("myapp.work.wait_for", until=str(until))
        enqueue("myapp.tasks.record", text=f"behind {n}")
        wait_until(lambda n=n: project.effects().count("waiting") == 2 * (n + 1), 20)
        wait_until(lambda: store.queue_length("default") == 1, 2, f"given back, {n}")
        until.touch()
        wait_until(lambda n=n: f"behind {n}" in project.effects(), 20)


def test_what_is_held_goes_back_when_its_worker_stops(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    until = tmp_path / "go on"
    for _ in range(5):
        short_jobs(200)
        process = worker(project, "-c", "1")
        wait_until(lambda: store.queue_length("default") < 150, what="it works")
        assert process.stop() == 0
    enqueue("myapp.work.wait_for", until=str(until))
    until.touch()
    assert worker(project, "-c", "2", "--burst").wait() == 0
    assert not store.client.keys(store.keys.in_flight("*")), "nobody holds anything"
    assert store.counts()["queued"] == 0
