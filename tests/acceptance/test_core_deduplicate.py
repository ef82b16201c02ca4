"""Two hundred callers enqueue the same job at once: it is there once and runs once."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, get_store
from tests.project import Project
from tests.waiting import wait_until

CALLERS = 200
fork = multiprocessing.get_context("fork")


def caller(together: Barrier, told: Connection, options: dict[str, Any]) -> None:
    together.wait(60)
    job = enqueue("myapp.tasks.record", text="ran", job_id="import::X", **options)
    told.send(None if job is None else job.run_id)


def outcomes(**options: Any) -> list[str | None]:
    """What `enqueue` gave each of two hundred processes that called it at one moment."""
    together = fork.Barrier(CALLERS)
    pipes = [fork.Pipe(duplex=False) for _ in range(CALLERS)]
    callers = [fork.Process(target=caller, args=(together, told, options)) for _, told in pipes]
    for process in callers:
        process.start()
    found = [heard.recv() for heard, _ in pipes]
    for process in callers:
        process.join(30)
        assert process.exitcode == 0
    return found


def test_of_two_hundred_callers_at_once_one_wins_and_it_runs_once(project: Project) -> None:
    store = get_store()
    for round_ in (1, 2):  # the second replaces what the first one left
        winners = [run for run in outcomes(deduplicate=True) if run is not None]
        assert len(winners) == 1
        assert store.queue_length("default") == 1
        assert store.counts()[JobStatus.QUEUED] == 1
        assert store.page(statuses=[JobStatus.QUEUED])[0].run_id == winners[0]
        assert project.worker("--burst").wait() == 0
        assert project.effects() == ["ran"] * round_
        assert store.fetch_run(winners[0]).status == JobStatus.FINISHED
    assert store.counts()[JobStatus.FINISHED] == 1


def test_while_it_runs_none_of_two_hundred_gets_in(project: Project) -> None:
    store = get_store()
    job = enqueue("myapp.tasks.sleep", seconds=600, job_id="import::X", deduplicate=True)
    project.worker()
    wait_until(lambda: job.is_started, what="it runs")
    assert outcomes(deduplicate=True) == [None] * CALLERS
    assert store.counts()[JobStatus.QUEUED] == 0


def test_without_deduplicate_all_two_hundred_are_enqueued(project: Project) -> None:
    assert len(set(outcomes())) == CALLERS
    assert get_store().queue_length("default") == CALLERS
