"""What a process says of itself in shared memory, and its parent reads."""

from __future__ import annotations

import os
import signal

from frappe_celery.worker.member import Doing, Seen, Tally, shared_slots


def test_what_a_process_says_is_read_by_its_parent() -> None:
    first, second = shared_slots(2)
    child = os.fork()
    if child == 0:
        second.write(Doing.RUNS, 7, 6, 1000.5, 1300.5, "run" * 20)
        os._exit(0)
    os.waitpid(child, 0)
    assert first.read() == Seen(Doing.NOTHING, 0, 0, 0.0, 0.0, "")
    assert second.read() == Seen(Doing.RUNS, 7, 6, 1000.5, 1300.5, "run" * 20)


def test_a_limit_of_memory_is_of_the_job_that_runs() -> None:
    (slot,) = shared_slots(1)
    slot.write(Doing.RUNS, 7, 6, 1000.5, 1300.5, "run")
    slot.limit_memory(1500, 300)
    assert slot.read() == Seen(Doing.RUNS, 7, 6, 1000.5, 1300.5, "run", 1500, 300)
    slot.write(Doing.RUNS, 8, 7, 1001.5, 1301.5, "another")
    assert slot.read()[-2:] == (0, 0)


def test_a_run_whose_name_is_too_long_for_it_is_cut() -> None:
    (slot,) = shared_slots(1)
    slot.write(Doing.HOLDS, run="r" * 1000)
    assert slot.read().run == "r" * 128


def test_what_is_read_while_it_is_written_is_one_thing_or_the_other() -> None:
    (slot,) = shared_slots(1)
    slot.write(Doing.RUNS, 1, 1, 1.0, 1.0, "a" * 60)
    child = os.fork()
    while child == 0:
        slot.write(Doing.RUNS, 1, 1, 1.0, 1.0, "a" * 60)
        slot.write(Doing.RUNS, 2, 2, 2.0, 2.0, "b" * 60)
    try:
        for _ in range(20_000):
            seen = slot.read()
            letter = {1: "a", 2: "b"}[seen.number]
            assert seen[1:] == (*[seen.number] * 4, letter * 60, 0, 0)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_what_a_process_and_its_fork_have_run_is_counted_until_another_has_the_slot() -> None:
    first, second = shared_slots(2)
    second.count(True, 0.5)
    child = os.fork()
    if child == 0:
        second.count(False, 0.25)
        second.count(True, 0.25)
        os._exit(0)
    os.waitpid(child, 0)
    second.write(Doing.HOLDS, 2**64 - 1, 2**64 - 1, 1.0, 1.0, "r" * 128)
    assert second.tally() == Tally(2, 1, 1.0)
    assert first.tally() == Tally(0, 0, 0.0)
    second.clear()
    assert second.tally() == Tally(0, 0, 0.0)
    assert second.read() == Seen(Doing.NOTHING, 0, 0, 0.0, 0.0, "")
