"""Whether a job is run again, and as which run: after a failure, or after its process's death.

The next run's id follows from the one before, and it is enqueued before that one is recorded as
failed: whoever dies in between, whoever does it over, there is one next run.
"""

from __future__ import annotations

import hashlib
import time

from frappe_celery.config import settings
from frappe_celery.jobs import get_store
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.options import default_options, pause, repetitions
from frappe_celery.jobs.queue import publish


def after_failure(
    message: JobMessage, retries_left: int, some_done: bool = False
) -> JobMessage | None:
    """Schedule the run that follows one that raised; None when there is to be none.

    Of one that is resumable and has done something, it counts as the first attempt.
    """
    number, backoff = repetitions(message)
    attempt = message.attempt
    if some_done and retries_left == number:  # which its own code has not changed
        retries_left, attempt = number + attempt - 1, 1
    if retries_left < 1:
        return None
    again = message.next_run(
        run_after(message),
        retries=retries_left - 1,
        backoff=backoff,
        attempt=attempt + 1,
        deliveries=1,
    )
    wait = pause(backoff, attempt)
    at = time.time() + wait if wait > 0 else None
    publish.publish(again, at=at, any_size=True)
    return again


def after_death(message: JobMessage) -> JobMessage | None:
    """Put the run that follows one whose process died first in its queue; None: there is none."""
    most = max_deliveries(message)
    deliveries = message.deliveries + 1
    if most > 1:
        from frappe_celery.jobs.resumable.state import some_done

        deliveries = 1 if some_done(get_store(), message.run) else deliveries
    if deliveries > most:
        return None
    run = run_after(message)
    again = message.next_run(run, max_deliveries=most, deliveries=deliveries)
    publish.publish(again, front=1, any_size=True)
    return again


def max_deliveries(message: JobMessage) -> int:
    """How often a job may be run when its process dies."""
    most = message.max_deliveries
    if most is None:
        most = default_options(message).max_deliveries
    if most is None:
        return 1
    return most or settings.current().max_deliveries


def run_after(message: JobMessage, what: str = "again") -> str:
    """The id of the run that follows this one, the same whoever asks; `what` it is."""
    return hashlib.sha256(f"{message.run} {what}".encode()).hexdigest()[:32]
