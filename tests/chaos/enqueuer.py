"""A process that enqueues: what it tries, and what was acknowledged, goes into the ledger.

python -m tests.chaos.enqueuer NAME FIRST COUNT JOBS_A_SECOND SEED
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from random import Random
from typing import Any

from frappe_celery import Dependency, Job, enqueue_in, options

PAUSE_SECONDS = 0.3
"""After an enqueue that raised: most of the broker's absence is spent waiting."""


class Pen:
    """Appends whole lines that survive a kill."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())
        os.fsync(self._file)


def seconds_of(chance: Random) -> float:
    """How long a job takes: most nothing, some long enough to be caught by what dies."""
    kind = chance.random()
    if kind < 0.7:
        return 0.0
    return round(chance.uniform(0.02, 0.3) if kind < 0.98 else chance.uniform(1, 3), 3)


KINDS = {"works": 67, "fails": 5, "idempotent": 12, "delayed": 8, "limited": 7, "rated": 1}
"""What a job is like: how many of a hundred. An idempotent one is run again when its process dies,
a delayed one may not start for `DELAY_SECONDS`; of the limited and the rated ones only so many run
at once and begin a minute (`app.LIMITS`)."""
DELAY_SECONDS = 2.0


AFTER_OTHERS, MAY_FAIL, LATEST = 0.5, 0.3, 8
"""How likely a job waits for one or two of the latest that were acknowledged, so that there are
chains and diamonds; and how likely each of these may fail."""


def drawn(chance: Random, latest: Iterable[str]) -> dict[str, bool]:
    """The jobs that one waits for, and whether they may fail."""
    number = chance.choice([1, 2]) if chance.random() < AFTER_OTHERS else 0
    tokens = list(latest)
    some = chance.sample(tokens, min(number, len(tokens)))
    return {token: chance.random() < MAY_FAIL for token in some}


def send(kind: str, others: list[Dependency], **kwargs: Any) -> Job:
    """Enqueue a job of that kind, which waits for others."""
    if kind == "delayed":
        return enqueue_in(DELAY_SECONDS, "myapp.chaos.job", **kwargs)
    method = kind if kind in ("limited", "rated") else "job"
    asked = options(idempotent=kind == "idempotent" or None, depends_on=others or None)
    return asked.enqueue(f"myapp.chaos.{method}", **kwargs)


def main(name: str, first: int, count: int, pace: float, seed: int) -> None:
    chance = Random(f"{seed} {name} {first}")
    pen = Pen(Path("ledger") / f"enqueued-{name}")
    latest: dict[str, Job] = {}
    began = time.monotonic()
    for number in range(first, count):
        token = f"{name}-{number}"
        (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
        not_before = time.time() + (DELAY_SECONDS if kind == "delayed" else 0)
        needs = drawn(chance, latest) if kind != "delayed" else {}
        told = (f"{one}?" if may_fail else one for one, may_fail in needs.items())
        pen.write("try", token, kind, not_before, *told)
        try:
            job = send(
                kind,
                [Dependency(latest[one], allow_failure=may) for one, may in needs.items()],
                queue=chance.choice(["short", "default", "long"]),
                at_front=chance.random() < 0.1,
                job_name=token,
                token=token,
                seconds=seconds_of(chance),
                fails=kind == "fails",
            )
        except Exception as exc:
            pen.write("raised", token, type(exc).__name__)
            began += PAUSE_SECONDS
            time.sleep(PAUSE_SECONDS)
        else:
            pen.write("ack", token, job.run_id)
            latest[token] = job
            for old in list(latest)[:-LATEST]:
                del latest[old]
        due = began + (number - first + 1) / pace
        time.sleep(max(due - time.monotonic(), 0.0))


if __name__ == "__main__":
    name, first, count, pace, seed = sys.argv[1:]
    main(name, int(first), int(count), float(pace), int(seed))
