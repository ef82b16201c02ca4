"""The order of a worker's steps, which Celery leaves to chance but for what a step requires."""

from __future__ import annotations

from frappe_celery.worker.bootsteps import ProcessHeartbeat
from frappe_celery.worker.crew_step import CrewStep


def test_the_thread_of_the_signs_of_life_begins_after_the_processes_were_forked() -> None:
    assert ProcessHeartbeat.requires == (CrewStep, "celery.worker.components:Beat")
    assert CrewStep.requires == ("celery.worker.components:Pool",)
