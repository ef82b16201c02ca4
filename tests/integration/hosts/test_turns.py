"""Jobs of one method that all change the same row, in four processes: none starves."""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from frappe_celery.config import settings
from frappe_celery.config.files import locked
from frappe_celery.hosts import reruns, turns
from frappe_celery.hosts.reruns import RunAgain, with_reruns

PROCESSES, JOBS = 4, 20


@pytest.fixture
def row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The pauses are to the work as they are where that takes seconds; turns outlast the jobs."""
    monkeypatch.setattr(reruns, "DEADLOCK_SECONDS", 0.001)
    monkeypatch.setattr(turns, "JOBS", 10 * PROCESSES * JOBS)  # on a busy machine too
    settings.use(settings.Settings.load(tmp_path, {}))
    path = tmp_path / "row"
    path.write_text("0")
    yield path
    settings.use(None)


def add_one(row: Path) -> None:
    """As MariaDB with snapshot isolation does it: what another has changed meanwhile is refused."""
    read = row.read_text()
    time.sleep(0.02)
    with locked(row.with_suffix(".lock")):
        if row.read_text() != read:
            raise RunAgain(deadlocked=True)
        row.write_text(str(int(read) + 1))


def some_jobs(row: Path) -> None:
    for _ in range(JOBS):
        with_reruns(lambda last: add_one(row), "myapp.add_one on site1", time.sleep)


def test_jobs_that_change_one_row_take_turns_and_none_is_rerun_in_vain(row: Path) -> None:
    fork = multiprocessing.get_context("fork")
    processes = [fork.Process(target=some_jobs, args=(row,)) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert row.read_text() == str(PROCESSES * JOBS)


def test_who_meets_no_deadlock_waits_for_nobody(row: Path) -> None:
    assert with_reruns(lambda last: "done", "myapp.alone on site1", pytest.fail) == "done"
    assert not list(row.parent.rglob("turn.*"))


def test_where_the_file_cannot_be_opened_jobs_run_without_turns(row: Path) -> None:
    label = "myapp.add_one on site1"
    turns.keep_meeting(label, 60)
    (path,) = row.parent.rglob("turn.*")
    path.unlink()
    path.mkdir()
    os.utime(path, (time.time() + 60,) * 2)
    assert with_reruns(lambda last: "done", label, pytest.fail) == "done"


def test_a_job_that_runs_another_of_its_method_itself_does_not_wait_for_itself(row: Path) -> None:
    turns.keep_meeting("myapp.twice on site1", 60)
    turns.keep_meeting("myapp.twice on site1", 0.001)  # a short one does not end them

    def again(last: bool) -> str:
        return with_reruns(lambda last: "inner", "myapp.twice on site1", pytest.fail)

    assert with_reruns(again, "myapp.twice on site1", pytest.fail) == "inner"
    assert (
        turns._line(turns._path("myapp.twice on site1", settings.current().state_path)) is not None
    )
