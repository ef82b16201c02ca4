"""Wait for a condition instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import ConnectionError as RedisConnectionError

T = TypeVar("T")

HANG_SECONDS = 30
"""What takes longer hangs: no load of the machine makes it so long."""
SHORTEST, LONGEST = 0.02, 0.1
"""Seconds between two looks."""


def wait_until(
    predicate: Callable[[], T], timeout: float = 15, what: str = "", interval: float | None = None
) -> T:
    """The first true result of `predicate`; an AssertionError that names `what` after `timeout` s.

    Between two looks are `interval` s, or (None) a tenth of what it has waited, which is at least
    `SHORTEST` and at most `LONGEST`: to look costs processor time, on both sides.

    An AssertionError or a lost connection inside `predicate` counts as not yet, and the last one
    is shown when time is up.
    """
    began = time.monotonic()
    result: T | None = None
    while True:
        error: Exception | None = None
        try:
            result = predicate()
        except (AssertionError, ConnectionError, RedisConnectionError) as exc:
            error = exc
        if result and error is None:
            return result
        waited = time.monotonic() - began
        if waited > timeout:
            what = what or getattr(predicate, "__qualname__", "the condition")
            raise AssertionError(f"{what}: not after {timeout} s (last: {error or result!r})")
        pause = min(max(SHORTEST, waited / 10), LONGEST)
        time.sleep(pause if interval is None else interval)
