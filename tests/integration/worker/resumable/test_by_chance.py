"""Runs that end by chance, wherever: each item is done once, or its doubt is named.

Seeded, so that a failure can be had again: RESUMABLE_SEED; so many seeds: RESUMABLE_SEEDS.
"""

from __future__ import annotations

import os
import random

import psutil
import pytest

from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.job import ENDED
from tests.integration.benches import ended, worker
from tests.integration.worker.resumable.conftest import Counts
from tests.integration.worker.resumable.test_resumable import on_each_database, once, run
from tests.project import Process, Project
from tests.waiting import wait_until

FIRST = int(os.environ.get("RESUMABLE_SEED", 1))
SEEDS = range(FIRST, FIRST + int(os.environ.get("RESUMABLE_SEEDS", 1)))
ITEMS, ENDS = 80, 6

each_seed = pytest.mark.parametrize("seed", SEEDS)


def goes_on(project: Project, job: Job, items: int) -> None:
    """Until it has begun so many items more, or has ended."""
    begun = len(project.effects())
    wait_until(lambda: len(project.effects()) >= begun + items or job.get_status() in ENDED, 60)


def end_its_run(chance: random.Random, project: Project, old: Process, **database: str) -> Process:
    """By a kill, or by the worker's exchange; returns the worker there is now."""
    if chance.random() < 0.7:
        for process in psutil.Process(old.pid).children():
            process.kill()
        return old
    assert old.stop() == 0
    return worker(project, **database)


@on_each_database
@each_seed
def test_each_item_is_done_once(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts, seed: int
) -> None:
    chance = random.Random(seed)
    pace = chance.choice([1, 2, 5])
    now = worker(project, **database)
    job = run("by_chance", items=ITEMS, seed=seed, commit_every=pace, ordered=seed % 2 == 0)
    for _ in range(ENDS):
        goes_on(project, job, 2 * pace + 1)
        now = end_its_run(chance, project, now, **database)
    assert ended(job, 100).status == JobStatus.FINISHED
    assert counts() == once(ITEMS)


@on_each_database
@each_seed
def test_no_doubt_is_silent(
    project: Project, store: JobStore, database: dict[str, str], counts: Counts, seed: int
) -> None:
    chance = random.Random(seed)
    now = worker(project, **database)
    job = run("commits_by_chance", items=ITEMS, seed=seed)
    for _ in range(ENDS):
        if job.get_status() == JobStatus.FAILED:
            break
        goes_on(project, job, 3)
        now = end_its_run(chance, project, now, **database)
    if ended(job, 100).status == JobStatus.FINISHED:
        assert counts() == once(ITEMS)
        return
    done = counts()
    assert done == once(len(done))
    assert f"ItemInDoubt: item {len(done) - 1} had committed by itself" in str(job.exc_info)
