"""Limits and pauses hold where the jobs come from RabbitMQ too."""

from __future__ import annotations

import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.limits.rules import Limits
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
