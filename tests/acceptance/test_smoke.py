"""The one test of `./dev quick` that starts processes: a worker runs a job; no server is set up."""

from __future__ import annotations

from tests.project import Project
from tests.waiting import wait_until

ENQUEUE = """
import frappe_celery
from frappe_celery import enqueue

print(enqueue("myapp.tasks.record", text="smoke").id)
"""


def test_a_worker_on_the_embedded_server_runs_a_job(project: Project) -> None:
    project.configure(redis_queue=None)
    project.worker()
    project.python(ENQUEUE)
    wait_until(lambda: project.effects() == ["smoke"], 60, "the job ran")
    assert (project.root / ".frappe_celery").is_dir()
