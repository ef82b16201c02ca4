"""Which cores this process and the server run on.

Left alone, the kernel puts a client and a server that answer each other on one core or on two, and
which it is changes what a round trip costs by half. Both are measured, so that no chance decides.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from redis import Redis

from benchmarks.sides.base import redis_url


@contextmanager
def placed(*, together: bool) -> Iterator[None]:
    """Inside the `with`, on one core (`together`) or on one each. No effect outside Linux."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    server = int(cast("dict[str, int]", Redis.from_url(redis_url()).info("server"))["process_id"])
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    os.sched_setaffinity(server, {min(cores) if together else max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
        os.sched_setaffinity(server, cores)
