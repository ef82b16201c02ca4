"""The file that a worker touches while it lives, for probes (`frappe_celery_alive_file`).

A thread does, so that a broker that is away makes it no older, nor a job that the worker itself
runs; but not while the loop stands still that looks after the worker's processes. Nobody removes
it: at an exchange the worker before and the one after it touch the same.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from celery import bootsteps
from celery.concurrency import solo

from frappe_celery.config import settings
from frappe_celery.worker.bootsteps import TASKS_STEP

logger = logging.getLogger(__name__)

TOUCH_SECONDS = 5.0
STALLED_SECONDS = 60.0
"""After how long without a round the loop stands still: steps of it wait for brokers."""


class Alive:
    """One worker's signs, of which a file has the time.

    Args:
        clock: in seconds, from any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: float | None = None

    def goes_round(self) -> None:
        """The loop does."""
        self._seen = self._clock()

    def rests(self) -> None:
        """The loop is not to run: the worker connects, ends, or runs a job itself."""
        self._seen = None

    def touch(self, file: Path) -> None:
        """Unless the loop stands still; raises OSError."""
        if self._seen is None or self._clock() - self._seen < STALLED_SECONDS:
            file.touch()

    def go_on(self, file: Path) -> None:
        """For as long as this process lives."""
        try:
            while True:
                self.touch(file)
                time.sleep(TOUCH_SECONDS)
        except OSError as exc:
            logger.error("no probe sees any more that this worker lives: %s", exc)


this_worker = Alive()


class Rounds(bootsteps.StartStopStep):
    """Tells of each round of the loop, or every few seconds; solo, it has jobs between them."""

    requires = (TASKS_STEP,)
    _timer: Any = None

    def include_if(self, consumer: Any) -> bool:
        return not isinstance(consumer.pool, solo.TaskPool)

    def start(self, consumer: Any) -> None:
        """Begin; called again after each reconnection."""
        self.stop(consumer)
        this_worker.goes_round()
        self._timer = consumer.timer.call_repeatedly(TOUCH_SECONDS, this_worker.goes_round)

    def stop(self, consumer: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        this_worker.rests()


def begin() -> None:
    """Where a file is named; after all forks."""
    config = settings.current()
    if config.frappe_celery_alive_file:
        file = config.root / config.frappe_celery_alive_file
        threading.Thread(target=this_worker.go_on, args=(file,), daemon=True, name="alive").start()
