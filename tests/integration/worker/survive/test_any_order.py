"""Stop, requeue, cancel and delete in any order, with a kill between: no two runs of a job side by
side, and no more of them than were asked for.

FRAPPE_CELERY_TEST_ROUNDS=500 has each test play so many rounds.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import psutil

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.errors import InvalidJobOperation, NoSuchJob
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.job import ENDED
from tests.brokers import both_brokers
from tests.integration.benches import worker
from tests.project import Process, Project
from tests.waiting import wait_until

ROUNDS = int(os.environ.get("FRAPPE_CELERY_TEST_ROUNDS", "10"))
AT_ONCE = 4
SEED = 20261201
METHODS = """
import fcntl
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def work(name, seconds):
    with (ROOT / f"{name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note("beside", name)
        note("begun", name)
        time.sleep(seconds)
        note("ended", name)


def note(what, name):
    with (ROOT / "effects.txt").open("a") as effects:
        effects.write(f"{what} {name}\\n")
"""


class Played:
    """A job, what was asked of it and what it may do therefore."""

    def __init__(self, name: str, rng: random.Random) -> None:
        self.name, self.rng = name, rng
        self.asked: list[str] = []
        self.job: Job = enqueue("myapp.orders.work", name=name, seconds=rng.uniform(0.05, 0.6))
        self.most = 1
        """Runs."""
        self.ways: list[Callable[[], None]] = [
            rng.choice((self.stop, self.requeue, self.cancel, self.delete))
            for _ in range(rng.randint(1, 5))
        ]

    def stop(self) -> None:
        self.job.stop()

    def cancel(self) -> None:
        self.job.cancel()

    def delete(self) -> None:
        self.job.delete()

    def requeue(self) -> None:
        again = self.job.requeue()
        self.most += again.run_id != self.job.run_id
        self.job = again

    def play(self) -> Iterator[None]:
        """One thing after the other, between which other jobs have theirs."""
        for way in self.ways:
            time.sleep(self.rng.choice((0, 0, 0.05, 0.2)))
            with suppress(InvalidJobOperation, NoSuchJob):
                way()
                self.asked.append(way.__name__)
            yield

    def is_over(self) -> bool:
        try:
            self.job.refresh()
        except NoSuchJob:
            return True
        return self.job.status in ENDED


def kill_somebody(process: Process, rng: random.Random) -> None:
    """A process that runs jobs, as the system does that has no memory."""
    children = psutil.Process(process.pid).children()
    with suppress(psutil.NoSuchProcess, IndexError):
        rng.choice(children).send_signal(signal.SIGKILL)


@both_brokers
def test_at_most_one_run_at_a_time_and_none_that_nobody_asked_for(
    project: Project, store: JobStore
) -> None:
    project.write("myapp/orders.py", METHODS)
    process, rng = worker(project, "-c", str(AT_ONCE)), random.Random(SEED)
    played: list[Played] = []
    for first in range(0, ROUNDS, AT_ONCE):
        some = [Played(f"job{first + number}", rng) for number in range(AT_ONCE)]
        plays = [one.play() for one in some]
        while plays:
            play = rng.choice(plays)
            if rng.random() < 0.1:
                kill_somebody(process, rng)
            if next(play, "over") == "over":
                plays.remove(play)
        played += some
    wait_until(lambda: all(one.is_over() for one in played), 60, what="all are over")
    last = enqueue("myapp.orders.work", name="last", seconds=0)
    wait_until(lambda: last.get_status() == JobStatus.FINISHED, what="the last one has run")
    lines = project.effects()
    for one in played:
        begun, ended, beside = (
            lines.count(f"{what} {one.name}") for what in ("begun", "ended", "beside")
        )
        about = (one.name, one.asked, begun, one.most)
        assert not beside, about
        assert ended <= begun <= one.most, about
    assert any("requeue" in one.asked for one in played)
    assert sum(line.startswith("ended") for line in lines) > ROUNDS / 4, (
        "some jobs ran to their end"
    )
