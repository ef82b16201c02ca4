"""A process that makes a large batch, until one was acknowledged.

python -m tests.chaos.maker NAME SIZE SEED

Its jobs are enqueued many at a time; some wait for others of it, some add a job to it. With an even
seed all are idempotent and none fails, so that its `on_finished` is called.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

from frappe_celery import Dependency, Job, batch
from tests.chaos.enqueuer import PAUSE_SECONDS, Pen, seconds_of
from tests.chaos.ledger import CALLBACKS, CALLED

ALIKE = 50
"""So many jobs are of one kind, in one queue, and wait for the same job."""
FREE, AFTER_ANOTHER, MAY_FAIL = 10, 0.5, 0.3
"""The first groups wait for nothing; how likely a later one waits for a job of one before it, and
how likely that may fail."""
ADDING = 10
"""Of so many groups one adds jobs, as many as it has; the last one does too."""


@dataclass
class Group:
    """Jobs that are enqueued by one call."""

    tokens: list[str]
    kind: str
    method: str
    needs: dict[str, bool]

    @property
    def last(self) -> str:
        return self.tokens[-1]


def drawn(chance: Random, name: str, size: int, is_to_finish: bool) -> Iterator[Group]:
    """The jobs of a batch."""
    before: list[Group] = []
    for start in range(0, size, ALIKE):
        tokens = [f"{name}-{number}" for number in range(start, min(start + ALIKE, size))]
        kind = chance.choices(["works", "idempotent", "fails"], [90, 8, 2])[0]
        method = "job"
        if len(before) % ADDING == 0 or start + ALIKE >= size:
            kind, method = "works", "adding"
        needs = {}
        if len(before) >= FREE and chance.random() < AFTER_ANOTHER:
            needs = {chance.choice(before).last: chance.random() < MAY_FAIL}
        before.append(Group(tokens, "idempotent" if is_to_finish else kind, method, needs))
        yield before[-1]


def tries(name: str, groups: list[Group]) -> Iterator[tuple[object, ...]]:
    """What the ledger is told before a batch is made."""
    for group in groups:
        needs = [f"{one}?" if may_fail else one for one, may_fail in group.needs.items()]
        yield from (("try", token, group.kind, 0, *needs) for token in group.tokens)
    members = [token for group in groups for token in group.tokens]
    for role in CALLBACKS:
        needs = [f"{one}?" for one in members] if role == "on_ended" else members
        yield "try", f"{name}-{role}", role, 0, *needs


def send(chance: Random, name: str, groups: list[Group]) -> dict[str, str]:
    """Enqueue the batch; the run of each job."""
    jobs: dict[str, Job] = {}
    callbacks = {
        role: {"method": "myapp.chaos.job", "job_name": token, **words_of(chance, token)}
        for role in CALLBACKS
        for token in [f"{name}-{role}"]
    }
    with batch(name, **callbacks) as made:
        for group in groups:
            others = [Dependency(jobs[one], allow_failure=may) for one, may in group.needs.items()]
            asked = made.options(
                idempotent=group.kind == "idempotent" or None, depends_on=others or None
            )
            some = asked.enqueue_many(
                f"myapp.chaos.{group.method}",
                [words_of(chance, token, group.kind == "fails") for token in group.tokens],
                queue=chance.choice(["short", "default", "long"]),
            )
            jobs |= zip(group.tokens, some, strict=True)
    return {token: job.run_id for token, job in jobs.items()}


def words_of(chance: Random, token: str, fails: bool = False) -> dict[str, object]:
    """The arguments of a job."""
    return {"token": token, "seconds": seconds_of(chance), "fails": fails}


def main(name: str, size: int, seed: int) -> None:
    path = Path("ledger") / f"enqueued-{name}"
    pen, acknowledged = Pen(path), False
    number = path.read_text().count("-on_ended on_ended ")
    while not acknowledged:
        number += 1
        chance, token = Random(f"{seed} {name} {number}"), f"{name}-{number}"
        groups = list(drawn(chance, token, size, is_to_finish=seed % 2 == 0))
        pen.write_all(tries(token, groups))
        try:
            runs = send(chance, token, groups)
        except Exception as exc:
            members = (one for group in groups for one in group.tokens)
            names = (*members, *(f"{token}-{role}" for role in CALLBACKS))
            pen.write_all(("raised", one, type(exc).__name__) for one in names)
            time.sleep(PAUSE_SECONDS)
        else:
            callbacks = {f"{token}-{role}": CALLED for role in CALLBACKS}
            pen.write_all(("ack", *each) for each in (runs | callbacks).items())
            acknowledged = True


if __name__ == "__main__":
    name, size, seed = sys.argv[1:]
    main(name, int(size), int(seed))
