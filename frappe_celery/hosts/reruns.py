"""Running a job again that asked for it or met a deadlock: the same in every host.

As Frappe's `execute_job` does: at most 5 times, with a pause of 1, 2, … seconds. After a deadlock
the pause is shorter, and chance says how long: the other side has gone on, and two that met may not
meet again. Jobs of a method that keep meeting take turns. Of a resumable job the reruns since it
last committed an item count.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from typing import Any

from frappe_celery.hosts import turns
from frappe_celery.jobs import current_job

logger = logging.getLogger(__name__)

MOST_RERUNS = 5
"""How often a job that asks for it, or met a deadlock or lock timeout, is run again."""
DEADLOCK_SECONDS = 0.1
"""The longest pause after a first deadlock; three times as long after each further one."""


class RunAgain(BaseException):
    """The attempt was rolled back and is to be repeated; no Exception, so that nobody logs it."""

    def __init__(self, deadlocked: bool = False) -> None:
        super().__init__()
        self.deadlocked = deadlocked

    def pause(self, number: int) -> float:
        """Seconds before the attempt after the first `number` reruns."""
        if self.deadlocked:
            return random.uniform(0, DEADLOCK_SECONDS * 3**number)
        return number + 1


def with_reruns(
    attempt: Callable[[Callable[[], bool]], Any], label: str, sleep: Callable[[float], None]
) -> Any:
    """Call `attempt(is_last)` until it does not raise RunAgain; of the last one, which it asks for
    when it would, it must not.

    Raises:
        Exception: what the attempt raised.
    """
    number = 0

    def is_last() -> bool:
        nonlocal number
        if (line := resuming()) is not None and line.begins_anew():
            number = 0
        return number >= MOST_RERUNS

    while True:
        try:
            with turns.turn(label, sleep):
                begun = time.monotonic()
                return attempt(is_last)
        except RunAgain as again:
            if again.deadlocked and number:
                turns.keep_meeting(label, time.monotonic() - begun)
            logger.warning(
                "%s is run again (%d of %d): %s", label, number + 1, MOST_RERUNS, again.__cause__
            )
            sleep(again.pause(number))
            number += 1
        except Exception as exc:
            if (line := resuming()) is None or not line.goes_past(exc):
                raise
            number = 0


def resuming() -> Any:
    """How far the running job is, where it loops over `each`."""
    job = current_job()
    return job and job.resuming
