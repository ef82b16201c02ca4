"""A run with chaos from its start to its verdict."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from redis.exceptions import RedisError

from frappe_celery.config import settings
from frappe_celery.config.settings import Settings
from frappe_celery.jobs import JobStatus, JobStore
from frappe_celery.jobs.job import ACTIVE
from frappe_celery.jobs.limits.rules import Limits
from tests.chaos.app import PERIODS
from tests.chaos.ledger import Evidence, read_files, read_store
from tests.chaos.monkey import Monkey
from tests.chaos.stage import Stage
from tests.chaos.verdict import violations
from tests.integration.stores import broken

STUCK_SECONDS = 120
"""How long no job may start or end before the system counts as stuck, and not just as slow; half a
batch is given up after a minute or two."""
TURN_SECONDS = 0.05


@dataclass
class Outcome:
    """What a run showed."""

    evidence: Evidence
    acts: Counter[str]
    violations: dict[str, list[str]]
    seconds_to_rest: float
    had_disk: bool


def run(
    root: Path,
    *,
    jobs: int,
    seconds: float,
    seed: int,
    longest: float = 13.0,
    workers: int = 3,
    rabbitmq: bool = False,
    batch: int = 0,
) -> Outcome:
    """Enqueue `jobs` within `seconds` while things are killed, wait for rest, judge.

    Args:
        root: an empty folder.
        jobs, seconds: how many, in how long.
        seed: draws what is enqueued and what is killed.
        longest: seconds that anything stands still or the broker is away, at most.
        workers: how many are kept alive.
        rabbitmq: it is the broker, and is killed too.
        batch: of so many jobs, which one more process makes beside them; 0: none.
    """
    stage = Stage(
        root,
        jobs=jobs,
        seconds=seconds,
        seed=seed,
        workers=workers,
        rabbitmq=rabbitmq,
        batch=batch,
    )
    evidence = Evidence()
    monkey = Monkey(stage, evidence, seed, longest, partial(store_of, stage))
    try:
        stage.start()
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            monkey.tick()
            stage.keep_alive()
            time.sleep(TURN_SECONDS)
        monkey.mend_all()
        acted_until, took = _come_to_rest(stage, evidence)
        _collect(stage, evidence)
    finally:
        stage.close()
    found = violations(evidence, PERIODS, acted_until)
    return Outcome(evidence, monkey.acts, found, took, stage.has_disk)


def _come_to_rest(stage: Stage, evidence: Evidence) -> tuple[float, float]:
    """Until nothing waits or runs. Gives the time up to which the schedule was kept, and seconds.

    The schedule goes on until its leader has surely been replaced, then the beats are stopped.
    """
    began = moved = time.monotonic()
    store = store_of(stage)
    acted_until = time.time()
    written = 0
    while time.monotonic() < moved + STUCK_SECONDS:
        stage.keep_alive()
        if (stage.ledger / "jobs").stat().st_size > written:
            written, moved = (stage.ledger / "jobs").stat().st_size, time.monotonic()
        try:
            if stage.wanted["beat"] and _was_acted_on(store, acted_until):
                stage.stop("beat")
            if not (stage.wanted["beat"] or stage.all("enqueuer")) and _rests(store):
                break
        except (RedisError, ConnectionError):  # just started again
            pass
        time.sleep(0.2)
    took = time.monotonic() - began
    evidence.stubborn = [member.name for member in stage.stop("worker")]
    return acted_until, took


def _was_acted_on(store: JobStore, until: float) -> bool:
    """Whether each method's last due time that was acted on is past `until`."""
    acted = [
        float(store.client.get(key) or 0)
        for key in store.client.scan_iter(match=f"{store.keys.prefix}due:*", count=1000)
    ]
    return len(acted) == len(PERIODS) and min(acted) > until


def _rests(store: JobStore) -> bool:
    counts = store.counts()
    held = store.client.scan_iter(match=f"{store.keys.prefix}inflight:*", count=1000)
    if any(counts[status] for status in ACTIVE if status != JobStatus.DEFERRED):
        return False
    if any(not job.job_name.endswith("-on_finished") for job in store.all_of(JobStatus.DEFERRED)):
        return False
    if Limits(store).kept_back() or any(held):
        return False
    return not any(store.queue_length(queue) for queue in store.settings.queues)


def _collect(stage: Stage, evidence: Evidence) -> None:
    files = read_files(stage.ledger)
    evidence.enqueued, evidence.starts = files.enqueued, files.starts
    evidence.ends, evidence.raises = files.ends, files.raises
    store = store_of(stage)
    read_store(evidence, store)
    evidence.contradictions = broken(store)


def store_of(stage: Stage) -> JobStore:
    """The project's store, for this process."""
    with _as_process_of(stage):
        return JobStore(Settings.load(stage.folder, os.environ))


@contextmanager
def _as_process_of(stage: Stage) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(stage.folder)
    try:
        yield
    finally:
        os.chdir(before)
        settings.use(None)
