"""How far a job is, told by itself or by `each`."""

from __future__ import annotations

import time

from frappe_celery.brokers.taker import Ended
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.resumable.progress import progress
from frappe_celery.jobs.resumable.state import go_on
from frappe_celery.watch import job_display
from frappe_celery.worker.crew import let_go
from frappe_celery.worker.job_runner import taker_of
from tests.brokers import both_brokers
from tests.integration.benches import ended, worker
from tests.integration.worker.resumable.test_resumable import run
from tests.project import Project
from tests.waiting import wait_until


def test_each_tells_how_far_it_is(project: Project, store: JobStore) -> None:
    worker(project)
    job = run("work", items=40, seconds=0.1, die_at=[20])
    wait_until(lambda: "15" in project.effects(), what="it runs")
    told = progress(job)
    assert told is not None
    assert told.total == 40
    assert 1 <= told.done <= 16
    assert ended(job).status == JobStatus.FINISHED
    last = progress(job)
    assert last is not None
    assert last.total == 40
    assert last.done > 20


def test_a_job_tells_once_a_second_and_at_its_end(project: Project, store: JobStore) -> None:
    worker(project)
    job = run("tells", number=1000)
    assert ended(job).status == JobStatus.FINISHED
    told = progress(job)
    assert told is not None
    assert str(told) == "1,000 of 1,000 (100 %): row 1000"
    assert job_display.whole(job)["progress"]["done"] == 1000
    printed = project.python(
        f"from frappe_celery.cli import main; main(['jobs', 'show', {job.id!r}])"
    )
    assert "1,000 of 1,000 (100 %): row 1000" in printed
    job = run("tells", number=1000, at_most=999)
    assert ended(job).status == JobStatus.FINISHED
    told = progress(job)
    assert told is not None
    assert told.done == 1


def test_progress_is_hidden_with_the_arguments(project: Project, store: JobStore) -> None:
    project.configure(frappe_celery_encrypt=True)
    worker(project)
    job = run("tells", number=3)
    assert ended(job).status == JobStatus.FINISHED
    hidden = store.client.hget(store.keys.record(job.run_id), "progress")
    assert b"row" not in hidden


@both_brokers
def test_what_goes_on_is_nobody_s_until_it_is_taken(project: Project, store: JobStore) -> None:
    """Not its old worker's either, whose death would have it run beside itself."""
    job = run("work", items=1)
    one, other = (taker_of(store, f"{name}:jobs", "w@h") for name in ("one", "other"))
    now = time.time()
    store.client.zadd(store.keys.consumers, {"one:jobs": now, "other:jobs": now})
    taken = []
    wait_until(lambda: taken.append(one.take("one:jobs:1-1", ("default",), Ended())) or taken[-1])  # type: ignore[func-returns-value]
    assert taken[-1].run == job.run_id
    go_on(store, job.opened, "one:jobs", "one:jobs:1-1", True)
    assert job.get_status() == JobStatus.QUEUED
    wait_until(
        lambda: taken.append(other.take("other:jobs:1-1", ("default",), Ended())) or taken[-1]
    )  # type: ignore[func-returns-value]
    assert taken[-1].run == job.run_id
    assert let_go(store, "one:jobs", "one:jobs:1-1") == []
    assert job.get_status() == JobStatus.STARTED
    one.close()
    other.close()
    store.finish(job.run_id, None)
    let_go(store, "one:jobs")
    let_go(store, "other:jobs")
