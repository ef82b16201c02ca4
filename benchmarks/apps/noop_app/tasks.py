"""The jobs: the same functions on every side."""

import os
import time
from functools import cache
from typing import Any

STAMPS = "benchmark:stamps"
RELEASED = "benchmark:released"
TALLIES = "benchmark:tallies"


def noop(**kwargs: Any) -> None:
    """Do nothing."""


def nap(**kwargs: Any) -> None:
    """Wait for something, as most jobs do most of their time."""
    time.sleep(0.005)


def stamp(**kwargs: Any) -> None:
    """Tell the measuring process the moment at which this job's code began to run.

    CLOCK_MONOTONIC is one clock for all processes of a machine. Sending it takes place after
    the moment that is measured.
    """
    now = time.monotonic()
    _client().rpush(STAMPS, repr(now))


def hold(**kwargs: Any) -> None:
    """Begin, and run until the measuring process has released it."""
    stamp()
    _client().blpop([RELEASED], timeout=60)


def tally(**kwargs: Any) -> None:
    """Tell how many calls this process has made; only under `benchmarks.counting`."""
    from benchmarks.counting import of_this_process

    _client().rpush(TALLIES, of_this_process.count())


@cache
def _client() -> Any:
    from redis import Redis  # here, so that importing this module costs a forked child nothing

    return Redis.from_url(os.environ["BENCHMARK_REDIS"])
