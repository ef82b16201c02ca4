"""A job's time limit: JobTimeoutException is raised inside it by SIGALRM, as RQ does."""

from __future__ import annotations

import signal
import sys
import threading
import time
from _signal import signal as set_handler  # type: ignore[import-not-found]  # signal's makes enums
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from types import FrameType

from celery.exceptions import SoftTimeLimitExceeded

from frappe_celery import errors


@lru_cache(maxsize=1)
def timeout_exception() -> type[Exception]:
    """The class that is raised, caught by our name, by Celery's, and RQ's if rq is imported."""
    bases: list[type] = [errors.JobTimeoutException, SoftTimeLimitExceeded]
    rq = getattr(sys.modules.get("rq.timeouts"), "JobTimeoutException", None)
    if rq is not None and rq is not errors.JobTimeoutException:
        bases.insert(0, rq)
    said = {"__str__": Exception.__str__, "__module__": errors.__name__}  # to be imported by name
    return type("JobTimeoutException", tuple(bases), said)


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """Raise in the body after `seconds` (-1: never). Needs the main thread; elsewhere no limit."""
    if seconds < 0 or threading.current_thread() is not threading.main_thread():
        yield
        return

    def time_is_up(signum: int, frame: FrameType | None) -> None:
        raise timeout_exception()(f"Task exceeded maximum timeout value ({seconds} seconds)")

    before = set_handler(signal.SIGALRM, time_is_up)
    left, _ = signal.setitimer(signal.ITIMER_REAL, seconds)
    began = time.monotonic()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        set_handler(signal.SIGALRM, before)
        if left:  # a test's own limit goes on, around the job that it runs
            signal.setitimer(signal.ITIMER_REAL, max(left - time.monotonic() + began, 0.001))
