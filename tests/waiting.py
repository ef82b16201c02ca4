"""Wait for a condition instead of sleeping."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from redis.exceptions import ConnectionError as RedisConnectionError

T = TypeVar("T")

HANG_SECONDS = 30
"""What takes longer hangs: no load of the machine makes it so long."""


def wait_until(
    predicate: Callable[[], T], timeout: float = 15, what: str = "", interval: float = 0.02
) -> T:
    """The first true result of `predicate`; an AssertionError that names `what` after `timeout` s.

    An AssertionError or a lost connection inside `predicate` counts as not yet, and the last one
    is shown when time is up.
    """
    deadline = time.monotonic() + timeout
    result: T | None = None
    while True:
        error: Exception | None = None
        try:
            result = predicate()
        except (AssertionError, ConnectionError, RedisConnectionError) as exc:
            error = exc
        if result and error is None:
            return result
        if time.monotonic() > deadline:
            what = what or getattr(predicate, "__qualname__", "the condition")
            raise AssertionError(f"{what}: not after {timeout} s (last: {error or result!r})")
        time.sleep(interval)
