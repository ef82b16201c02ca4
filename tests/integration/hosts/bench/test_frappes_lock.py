"""On one machine Frappe's scheduler or beat acts on a bench's schedule, not both."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from tests.integration.hosts.bench.conftest import StandInBench
from tests.integration.hosts.bench.test_one_schedule import SCHEDULER
from tests.project import Process


@pytest.fixture
def scheduler(bench: StandInBench) -> Process:
    """`bench schedule`."""
    bench.write("config/started", "")
    process = bench.start("schedule", "-c", SCHEDULER)
    process.wait_for("locked")
    return process


def beat(bench: StandInBench) -> Process:
    return bench.start("beat", "-m", "celery", "-A", "frappe_celery", "beat", "-l", "INFO")


def test_beat_waits_for_the_end_of_frappes_scheduler(
    bench: StandInBench, scheduler: Process
) -> None:
    waits = beat(bench)
    waits.wait_for("Frappe's scheduler runs on this machine")
    said = bench.start("doctor", "-m", "frappe_celery.cli", "doctor")
    said.wait_for("beat does nothing beside it")
    scheduler.kill()
    waits.wait_for(" leads")
    assert waits.log.read_text().count("Frappe's scheduler runs") == 1


def test_frappes_scheduler_does_not_begin_beside_beat(bench: StandInBench) -> None:
    bench.write("config/started", "")
    leads = beat(bench)
    leads.wait_for(" leads")
    assert not _can_lock(bench.root, fcntl.LOCK_EX)
    assert _can_lock(bench.root, fcntl.LOCK_SH), "another beat can take over"
    leads.stop()
    assert _can_lock(bench.root, fcntl.LOCK_EX)


def _can_lock(root: Path, kind: int) -> bool:
    with (root / "config" / "scheduler_process").open("w") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
