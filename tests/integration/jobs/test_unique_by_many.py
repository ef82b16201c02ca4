"""Eight callers ask for the same at the same moment, a third of them in a transaction that is
rolled back: UNIQUE_ROUNDS=2000 ./dev test tests/integration/jobs/test_unique_by_many.py
"""

from __future__ import annotations

import multiprocessing
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest

from frappe_celery import options
from frappe_celery.jobs import JobStatus, JobStore
from tests.integration.benches import worker
from tests.integration.stores import broken
from tests.project import Project
from tests.waiting import wait_until

CALLERS = 8
ROUNDS = int(os.environ.get("UNIQUE_ROUNDS", "12"))
SEED = int(os.environ.get("UNIQUE_SEED", "0"))
KEYS = 3
"""Of keep_newest, whose jobs run meanwhile."""
BROKERS = ["redis", "rabbitmq"] if "UNIQUE_ROUNDS" in os.environ else ["redis"]
HANDS = multiprocessing.get_context("fork")
TASKS = """
import time
from myapp.core import record


def spell(key, text):
    record(f"begin {key} {text}")
    time.sleep(0.003)
    record(f"end {key} {text}")
"""


@pytest.fixture
def store(project: Project, pool_store: JobStore) -> Iterator[JobStore]:
    project.write("myapp/spelling.py", TASKS)
    yield pool_store
    assert not broken(pool_store)


def way_of(caller: int, number: int) -> str:
    """What a caller does in a round, the same whoever asks."""
    chance = random.Random(f"{SEED} {caller} {number}")
    return chance.choice(["at once", "committed", "rolled back"])


def counted(number: int) -> set[str]:
    """The texts of those in a round that are not rolled back."""
    return {f"{number}-{n}" for n in range(CALLERS) if way_of(n, number) != "rolled back"}


def call(caller: int, meet: Any, keys: int, said: dict[str, Any]) -> None:
    import frappe

    for number in range(ROUNDS):
        key, way = f"key-{number % keys}", way_of(caller, number)
        meet.wait(60)
        if way != "at once":
            frappe.init("site1.localhost", force=True)
            frappe.connect()
            frappe.get_doc(doctype="ToDo", description=key).insert()
        ask = options(**said, unique_key=key).enqueue
        ask("myapp.spelling.spell", key=key, text=f"{number}-{caller}")
        if way != "at once":
            frappe.db.commit() if way == "committed" else frappe.db.rollback()
            frappe.destroy()


def all_call(keys: int, **said: Any) -> None:
    meet = HANDS.Barrier(CALLERS)
    callers = [
        HANDS.Process(target=call, args=(number, meet, keys, said)) for number in range(CALLERS)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert [caller.exitcode for caller in callers] == [0] * CALLERS


@pytest.mark.parametrize("broker", BROKERS, indirect=True)
@pytest.mark.parametrize("said", [{"unique_for": 9000}, {"debounce": 9000}])
def test_of_each_round_one_is_enqueued(store: JobStore, said: dict[str, Any]) -> None:
    all_call(ROUNDS, **said)
    jobs = store.page(length=-1)
    asked = {f"key-{number}": counted(number) for number in range(ROUNDS)}
    assert sorted(job.kwargs["key"] for job in jobs) == sorted(k for k, by in asked.items() if by)
    assert [job for job in jobs if job.kwargs["text"] not in asked[job.kwargs["key"]]] == []
    waits = JobStatus.SCHEDULED if "debounce" in said else JobStatus.QUEUED
    assert {job.status for job in jobs} == {waits}


@pytest.mark.parametrize("broker", BROKERS, indirect=True)
def test_the_newest_runs_and_never_two_at_once(project: Project, store: JobStore) -> None:
    worker(project, "-c", "2")
    all_call(KEYS, keep_newest=True)
    wait_until(lambda: {job.status for job in store.page(length=-1)} == {JobStatus.FINISHED}, 60)
    running: dict[str, str] = {}
    ran: dict[str, list[str]] = {}
    for line in project.effects():
        what, key, text = line.split()
        if what == "begin":
            assert key not in running, "two at once"
            running[key] = text
        else:
            assert running.pop(key) == text
            ran.setdefault(key, []).append(text)
    for number in range(KEYS):
        rounds = [n for n in range(number, ROUNDS, KEYS) if counted(n)]
        asked = set().union(*map(counted, rounds))
        texts = ran[f"key-{number}"]
        assert set(texts) <= asked
        assert len(texts) == len(set(texts)), "one ran twice"
        assert texts[-1] in counted(rounds[-1])
        assert len(texts) > 1, "it starves"
