"""The order of a worker's steps, which Celery leaves to chance but for what a step requires."""

from __future__ import annotations

from types import SimpleNamespace

from frappe_celery.worker.bootsteps import Record
from frappe_celery.worker.lifecycle import CrewStep, ProcessHeartbeat


def test_the_thread_of_the_signs_of_life_begins_after_the_processes_were_forked() -> None:
    assert ProcessHeartbeat.requires == (CrewStep, "celery.worker.components:Beat")
    assert CrewStep.requires == ("celery.worker.components:Pool",)


class Quiet(Record):
    """One that writes no record."""

    def tick(self, consumer: object) -> None:
        """It says nothing."""

    def stop(self, consumer: object) -> None:
        """It was never written."""


def test_a_worker_is_as_old_after_a_reconnection_as_its_code() -> None:
    consumer = SimpleNamespace(timer=SimpleNamespace(call_after=lambda *_: None))
    record = Quiet(consumer)
    began = record.birth
    for _ in range(2):
        record.start(consumer)
        assert record.birth == began
