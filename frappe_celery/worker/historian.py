"""A step of the worker that notes each minute's numbers for the pages (`watch.history`)."""

from __future__ import annotations

from typing import Any

from frappe_celery.jobs import get_store
from frappe_celery.watch import history
from frappe_celery.worker.bootsteps import Repeated


class Historian(Repeated):
    """Every worker looks now and then; whoever is first notes a minute."""

    seconds = 20

    def tick(self, consumer: Any) -> None:
        history.note(get_store())
