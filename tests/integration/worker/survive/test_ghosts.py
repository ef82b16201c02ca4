"""Runs that nothing in Redis leads to any more keep no other job of their id out for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from frappe_celery import enqueue_in
from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.worker.ghosts import sweep
from tests.integration.benches import ended, worker
from tests.integration.stores import started, take, waiting
from tests.integration.worker.test_worker_death import waits_for, working
from tests.project import Project

RECORD = "myapp.core.record"


def swept(store: JobStore, old: float = -1) -> list[str]:
    """As if the last sweep were long ago."""
    store.client.delete(store.keys.sweeping)
    return sweep(store, old=old)


def test_a_queue_that_was_deleted_comes_back_in_its_order(
    project: Project, store: JobStore
) -> None:
    jobs = [enqueue(RECORD, text=name, job_id=name) for name in ("a", "b", "c")]
    other = enqueue(RECORD, text="other", queue="long")
    store.client.delete(store.waiting_list(project.site, "default"))
    assert enqueue(RECORD, job_id="a", deduplicate=True) is None
    assert sorted(swept(store)) == sorted(job.run_id for job in jobs)
    assert waiting(store) == [job.run_id for job in jobs]
    assert waiting(store, "long") == [other.run_id]
    assert swept(store) == []
    assert worker(project, "--burst").wait() == 0
    assert project.effects() == ["a", "b", "c", "other"]
    assert enqueue(RECORD, job_id="a", deduplicate=True) is not None


def test_what_a_worker_holds_or_runs_is_no_ghost_nor_what_waits_for_its_time(
    store: JobStore,
) -> None:
    for _ in range(2):
        enqueue(RECORD)
    started(store)
    take(store)
    enqueue(RECORD)
    enqueue_in(60, RECORD)
    assert [swept(store), swept(store)] == [[], []]
    assert len(waiting(store)) == 1


def test_a_started_run_that_nobody_has_is_abandoned_the_second_time(store: JobStore) -> None:
    job = enqueue(RECORD, job_id="x")
    assert take(store) == job.run_id
    store.client.delete(store.keys.in_flight("consumer"))
    assert swept(store) == []
    assert job.is_started
    assert swept(store) == [job.run_id]
    assert job.is_failed
    assert "AbandonedJobError: it was started, and no worker has it" in str(job.exc_info)
    assert enqueue(RECORD, job_id="x", deduplicate=True) is not None


def test_one_that_its_caller_runs_is_no_ghost(store: JobStore) -> None:
    job = enqueue(RECORD)
    assert store.start(job.run_id, "host.4711") == "claimed"
    assert [swept(store), swept(store)] == [[], []]


def test_a_scheduled_run_that_is_in_no_set_is_due(store: JobStore) -> None:
    job = enqueue_in(3600, RECORD)
    store.client.delete(store.keys.scheduled)
    assert swept(store) == [job.run_id]
    promote(store)
    assert waiting(store) == [job.run_id]


def test_what_is_new_is_left_alone_and_one_sweeps_for_all(store: JobStore) -> None:
    job = enqueue(RECORD)
    store.client.delete(store.waiting_list(job.site, "default"))
    assert swept(store, old=60) == []
    assert sweep(store, old=-1) == []
    assert swept(store) == [job.run_id]


def test_an_index_that_names_a_run_without_a_record_is_mended_and_the_log_says_so(
    store: JobStore, caplog: pytest.LogCaptureFixture
) -> None:
    jobs: list[Job] = [enqueue(RECORD), enqueue_in(60, RECORD), enqueue(RECORD)]
    started(store)
    store.client.delete(*(store.keys.record(job.run_id) for job in jobs))
    line = store.waiting_list(jobs[0].site, "default")
    store.client.delete(line, store.keys.turns("default"), store.keys.scheduled)
    assert swept(store) == []
    assert set(store.counts().values()) == {0}
    for job in jobs:
        assert f"run {job.run_id} has no record, which the Redis lost" in caplog.text


def test_a_worker_sweeps_by_itself_and_its_own_jobs_stay(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    """Nobody calls `sweep` here; the worker's first look is made to come soon."""
    project.write(
        "celeryconfig.py",
        """
        from frappe_celery.worker import ghosts, maintenance
        maintenance.Sweeper.seconds = 0.3
        ghosts.sweep.__defaults__ = (-1, 1)
        """,
    )
    ghost = enqueue(RECORD, text="ghost")
    store.client.delete(store.waiting_list(project.site, "default"))
    run = waits_for(tmp_path / "go on")
    worker(project, "-c", "2")
    working(project)
    assert ended(ghost).status == JobStatus.FINISHED
    (tmp_path / "go on").touch()
    assert ended(store.fetch_run(run)).status == JobStatus.FINISHED
    assert project.effects().count("job started") == 1


def test_celery_purge_cancels_what_waits(project: Project, store: JobStore) -> None:
    jobs = [enqueue(RECORD), enqueue(RECORD, queue="long")]
    process = project.celery("purge", "-f")
    assert process.wait() == 0
    assert "Purged 2 messages" in process.output()
    assert {job.get_status() for job in jobs} == {JobStatus.CANCELED}
    assert swept(store) == []


def test_an_enqueue_that_asks_for_duplicates_is_one_command(store: JobStore) -> None:
    """press#3847: RQ has several, and who dies between two leaves an id in which deduplication
    believes for ever."""
    enqueue(RECORD, job_id="before", deduplicate=True)  # the script is known to the server
    with store.client.monitor() as monitor:
        enqueue(RECORD, job_id="x", deduplicate=True, at_front=True)
        store.client.ping()
        sent = []
        for command in monitor.listen():
            if command["command"] == "PING":
                break
            if command["client_type"] != "lua":
                sent.append(command["command"].split()[0].upper())
    greetings = ("HELLO", "CLIENT")  # of the connection that pings
    assert [command for command in sent if command not in greetings] == ["EVALSHA"]
