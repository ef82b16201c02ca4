"""`celery worker --beat`: the scheduler beside a worker lives as long as the worker does."""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from celery import signals
from celery.worker.components import Beat

from frappe_celery.worker.bootsteps import Repeated

logger = logging.getLogger(__name__)

ORPHAN_SECONDS = 1.0


class BeatBeside(Repeated):
    """Starts Celery's embedded beat again when its process has died; Celery itself does not."""

    seconds = 5.0

    def include_if(self, consumer: Any) -> bool:
        """Only with `--beat`, whose step has made it by now."""
        return consumer.controller.beat is not None

    def tick(self, consumer: Any) -> None:
        """Start the scheduler's process again where it has ended."""
        worker = consumer.controller
        if worker.beat.is_alive():
            return
        logger.error("the scheduler beside this worker ended (%s): another is started",
                     worker.beat.exitcode)  # fmt: skip
        step = next(step for step in worker.steps if isinstance(step, Beat))
        step.obj = step.create(worker)
        step.obj.start()


@signals.beat_embedded_init.connect
def end_with_the_worker(**_: Any) -> None:
    """In beat's process: a worker that is killed cannot end it."""
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()


def _watch(worker: int) -> None:
    while os.getppid() == worker:
        time.sleep(ORPHAN_SECONDS)
    os._exit(os.EX_TEMPFAIL)
