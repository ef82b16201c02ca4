"""Limits and pauses hold where the jobs come from RabbitMQ too."""

from __future__ import annotations

import time

import pytest

from frappe_celery.brokers.taker import Ended
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limits
from frappe_celery.worker.job_runner import taker_of
from tests.integration.benches import all_ended, ended
from tests.integration.worker.limited import METHOD, enqueue_some, most_at_once, write_limited
from tests.project import Project
from tests.waiting import wait_until


@pytest.mark.parametrize("pool", ["prefork", "threads"])
def test_no_more_run_at_once_than_the_limit(project: Project, store: JobStore, pool: str) -> None:
    write_limited(project)
    Limits(store).change(f"method:{METHOD}", running=2)
    jobs = enqueue_some(12)
    other = enqueue("myapp.limited.other")
    project.worker("--without-mingle", "-c", "4", "--pool", pool)
    assert all_ended([*jobs, other], 60) == [JobStatus.FINISHED] * 13
    assert most_at_once(project) <= 2


@pytest.mark.parametrize("target", [f"method:{METHOD}", "queue:default", "site:*"])
def test_pause_and_resume(project: Project, store: JobStore, target: str) -> None:
    write_limited(project)
    limits = Limits(store)
    limits.pause(target)
    (job,) = enqueue_some(1)
    project.worker("--without-mingle", "-c", "2")
    wait_until(limits.kept_back, what="it is kept back")
    assert job.get_status() == JobStatus.QUEUED
    assert "+" not in project.effects()
    limits.resume(target)
    assert ended(job).status == JobStatus.FINISHED
    assert project.effects().count("+") == 1


def test_who_frees_a_slot_lets_the_next_one_go(project: Project, store: JobStore) -> None:
    """There is no worker here, which would look for it once a second."""
    write_limited(project)
    limits = Limits(store)
    limits.change(f"method:{METHOD}", running=1)
    first, second, third = (job.run_id for job in enqueue_some(3))
    store.client.zadd(store.keys.consumers, {"worker": time.time()})
    process, other = (taker_of(store, "worker", "w@host") for _ in range(2))
    taken = wait_until(lambda: process.take("worker:1", ("default",), Ended()))
    assert taken.run == first

    def kept_back() -> bool:
        assert other.take("worker:2", ("default",), Ended()) is None
        return limits.kept_back() == {f"method:{METHOD}": 2}

    wait_until(kept_back)
    for tag, run in (("worker:3", second), ("worker:4", third)):
        ended = Ended("worker:1" if run == second else "worker:3", taken.run)
        taken = wait_until(lambda: process.take(tag, ("default",), ended))  # noqa: B023
        assert taken.run == run
    process.close()
    other.close()
