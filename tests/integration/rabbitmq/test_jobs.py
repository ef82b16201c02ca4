"""Jobs over RabbitMQ: enqueued, waiting, in order, run, as on Redis."""

from __future__ import annotations

from frappe_celery import enqueue
from frappe_celery.jobs import get_store
from tests.project import Project
from tests.waiting import wait_until


def test_a_job_runs(project: Project) -> None:
    waiting = enqueue("myapp.tasks.record", text="before")
    assert waiting.is_queued
    assert get_store().queue_length("default") == 1
    project.worker()
    wait_until(lambda: waiting.is_finished, 20, "the job that waited has run")
    job = enqueue("myapp.tasks.record", text="after")
    wait_until(lambda: job.is_finished, 10, "the job has run")
    assert project.effects() == ["before", "after"]
    assert job.result == "after"
    assert get_store().queue_length("default") == 0
