"""`python -m benchmarks.bench.bare N`: N processes that do nothing but what a job needs.

Each pops the next one, in the round trip that counts the last, and Frappe's `execute_job` runs it.
No record, no result, no limit, and a death loses all: a worker can come near to that, not reach it.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
from functools import cache
from typing import Any, cast

import frappe  # noqa: F401  # before the fork
from celery import platforms
from frappe.utils import background_jobs
from redis import Redis

QUEUE, DONE = "bare:queue", "bare:done"


@cache
def client() -> Any:
    """Of this process."""
    return Redis.from_url(os.environ["BENCHMARK_REDIS"])


def push(**job: Any) -> None:
    """Enqueue what `execute_job` is called with."""
    client().lpush(QUEUE, pickle.dumps(job))


def done() -> int:
    return int(cast(Any, client().get(DONE)) or 0)


def loop() -> None:
    connection, ended = client(), 0
    while True:
        pipe = connection.pipeline(transaction=False)
        pipe.incrby(DONE, ended)
        pipe.brpop([QUEUE])
        _, (_, job) = pipe.execute()
        background_jobs.execute_job(**pickle.loads(job))
        ended = 1


def main() -> None:
    for _ in range(int(sys.argv[1])):
        if os.fork() == 0:
            platforms.set_pdeathsig("SIGKILL")  # type: ignore[attr-defined]
            loop()
    signal.pause()


if __name__ == "__main__":
    main()
