"""`celery worker --beat`: the scheduler beside a worker is there for as long as the worker is."""

from __future__ import annotations

import logging
from typing import Any

from celery.beat import EmbeddedService

from frappe_celery.worker.bootsteps import Repeated

logger = logging.getLogger(__name__)


class BeatBeside(Repeated):
    """Starts Celery's embedded beat again when its process has died; Celery itself does not."""

    seconds = 5.0

    def tick(self, consumer: Any) -> None:
        """Look whether it lives."""
        worker = consumer.controller
        if worker.beat is None or worker.beat.is_alive():
            return
        logger.error("the scheduler beside this worker ended with %s: another is started",
                     worker.beat.exitcode)  # fmt: skip
        worker.beat = EmbeddedService(
            worker.app, schedule_filename=worker.schedule_filename, scheduler_cls=worker.scheduler
        )
        worker.beat.start()
