"""A process that enqueues: what it tries, and what was acknowledged, goes into the ledger.

python -m tests.chaos.enqueuer NAME FIRST COUNT JOBS_A_SECOND SEED
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from typing import Any

from frappe_celery import Dependency, Job, batch, enqueue_in, options
from frappe_celery.job_options import Options
from tests.chaos.ledger import CALLBACKS, CALLED

PAUSE_SECONDS = 0.3
"""After an enqueue that raised: most of the broker's absence is spent waiting."""


class Pen:
    """Appends whole lines that survive a kill."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, *words: object) -> None:
        self.write_all([words])

    def write_all(self, lines: Iterable[Iterable[object]]) -> None:
        text = "".join(" ".join(map(str, words)) + "\n" for words in lines)
        os.write(self._file, text.encode())
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
BATCHES, MEMBERS = 0.04, 3
"""How likely a batch comes in the place of a job, and how many jobs it has."""

Plan = dict[str, tuple[str, dict[str, bool]]]
"""By token: of what kind a job is, and what it waits for, which may fail or not."""


def drawn(chance: Random, token: str, latest: Iterable[str]) -> Plan:
    """A job, or the jobs of a batch and its callbacks, which wait for them."""
    if chance.random() < BATCHES:
        kinds = chance.choices(["works", "fails", "idempotent", "limited"], [8, 1, 2, 2], k=MEMBERS)
        members: Plan = {f"{token}-{n}": (kind, {}) for n, kind in enumerate(kinds)}
        needs = {role: dict.fromkeys(members, role == "on_ended") for role in CALLBACKS}
        return members | {f"{token}-{role}": (role, needs[role]) for role in CALLBACKS}
    (kind,) = chance.choices(list(KINDS), list(KINDS.values()))
    number = chance.choice([1, 2]) if chance.random() < AFTER_OTHERS and kind != "delayed" else 0
    tokens = list(latest)
    some = chance.sample(tokens, min(number, len(tokens)))
    return {token: (kind, {one: chance.random() < MAY_FAIL for one in some})}


def send(plan: Plan, chance: Random, latest: dict[str, Job]) -> dict[str, Job]:
    """Enqueue what is planned; returns the jobs, without callbacks."""
    words: dict[str, dict[str, Any]] = {
        token: {
            "queue": chance.choice(["short", "default", "long"]),
            "at_front": chance.random() < 0.1,
            "job_name": token,
            "token": token,
            "seconds": seconds_of(chance),
            "fails": kind == "fails",
        }
        for token, (kind, _) in plan.items()
    }
    if len(plan) == 1:
        ((token, (kind, needs)),) = plan.items()
        others = [Dependency(latest[one], allow_failure=may) for one, may in needs.items()]
        return {token: send_one(kind, options, depends_on=others or None, **words[token])}
    callbacks = {
        kind: {"method": "myapp.chaos.job", **words[token]}
        for token, (kind, _) in plan.items()
        if kind in CALLBACKS
    }
    with batch(min(plan), **callbacks) as made:
        return {
            token: send_one(kind, made.options, **words[token])
            for token, (kind, _) in plan.items()
            if kind not in CALLBACKS
        }


def send_one(
    kind: str, options: Callable[..., Options], depends_on: Any = None, **words: Any
) -> Job:
    """Enqueue a job of that kind."""
    if kind == "delayed":
        return enqueue_in(DELAY_SECONDS, "myapp.chaos.job", **words)
    method = kind if kind in ("limited", "rated") else "job"
    asked = options(idempotent=kind == "idempotent" or None, depends_on=depends_on)
    return asked.enqueue(f"myapp.chaos.{method}", **words)


def main(name: str, first: int, count: int, pace: float, seed: int) -> None:
    chance = Random(f"{seed} {name} {first}")
    pen = Pen(Path("ledger") / f"enqueued-{name}")
    latest: dict[str, Job] = {}
    began = time.monotonic()
    for number in range(first, count):
        plan = drawn(chance, f"{name}-{number}", latest)
        for token, (kind, needs) in plan.items():
            not_before = time.time() + (DELAY_SECONDS if kind == "delayed" else 0)
            told = (f"{one}?" if may_fail else one for one, may_fail in needs.items())
            pen.write("try", token, kind, not_before, *told)
        try:
            jobs = send(plan, chance, latest)
        except Exception as exc:
            for token in plan:
                pen.write("raised", token, type(exc).__name__)
            began += PAUSE_SECONDS
            time.sleep(PAUSE_SECONDS)
        else:
            for token in plan:
                pen.write("ack", token, jobs[token].run_id if token in jobs else CALLED)
            latest |= jobs
            for old in list(latest)[:-LATEST]:
                del latest[old]
        due = began + (number - first + 1) / pace
        time.sleep(max(due - time.monotonic(), 0.0))


if __name__ == "__main__":
    name, first, count, pace, seed = sys.argv[1:]
    main(name, int(first), int(count), float(pace), int(seed))
