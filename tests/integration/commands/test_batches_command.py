"""`frappe-celery batches`: how batches stand, and what an operator does about them."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from frappe_celery.jobs import Job, JobStatus, JobStore
from frappe_celery.jobs.queue.scheduled import promote
from frappe_celery.watch.batch_tables import listing
from tests.integration.cli import OTHER, SITE, made, read, run
from tests.integration.stores import started, waiting

CALLBACKS = {"on_ended": "myapp.core.nightly", "on_finished": "myapp.core.nightly"}


def runs(store: JobStore, fails: bool = False) -> Job:
    """The next one, as by a worker."""
    job = store.fetch_run(started(store, "default"))
    if fails:
        store.fail(job.run_id, "Traceback (most recent call last):\nValueError: no rate\n")
    else:
        store.finish(job.run_id, 1)
    promote(store)
    return job


def test_the_newest_comes_first_with_its_counts(store: JobStore) -> None:
    old, new = made("Close 2026", **CALLBACKS), made("Import", OTHER, 2)
    runs(store)
    runs(store, fails=True)
    next(old.jobs("going")).cancel()
    listed = read("batches", "list")
    assert [one["id"] for one in listed] == [new.id, old.id]
    counts = ("total", "finished", "failed", "canceled", "going")
    assert [sum(one[name] for one in listed) for name in counts] == [5, 1, 1, 1, 2]
    assert [one["id"] for one in read("batches", "list", "--site", OTHER)] == [new.id]
    assert [one["id"] for one in read("batches", "list", "--limit", "1")] == [new.id]
    shown = run("batches", "list", "--limit", "1").output
    for expected in ("Import", new.id, OTHER, "going", "There are more than these 1"):
        assert expected in shown
    assert SITE in run("batches", "list", "--site", "nowhere", code=2).output


def test_on_80_columns_an_id_is_whole(store: JobStore) -> None:
    b = made("Close " + "the year " * 14)
    terminal = Console(width=80, file=io.StringIO())
    terminal.print(listing([b.state()]))
    lines = terminal.file.getvalue().splitlines()  # type: ignore[attr-defined]
    assert max(map(len, lines)) <= 80
    assert f"going     {b.id}" in lines
    assert any(line.startswith(f"  {SITE}  Close the year") for line in lines)
    counts = "  total: 3  finished: 0  failed: 0  canceled: 0  going: 3  begun: "
    assert any(line.startswith(counts) for line in lines)


def test_into_a_pipe_goes_a_line_a_batch(store: JobStore) -> None:
    b = made("Close\t2026\nagain")
    (line,) = run("batches", "list").stdout.splitlines()
    assert line.split("\t")[:4] == [b.id, "going", "Close 2026, again", SITE]


def test_where_there_are_none(store: JobStore) -> None:
    assert "No batches in" in run("batches", "list").output


def test_one_is_shown_with_its_callbacks_and_what_failed(store: JobStore) -> None:
    b = made(number=4, **CALLBACKS)
    broken = [runs(store, fails=True) for _ in range(3)]
    shown = read("batches", "show", b.id)
    assert (shown["title"], shown["status"], shown["failed"], shown["going"]) == (
        *("Close 2026", "going", 3, 1),
    )
    assert {role: job["status"] for role, job in shown["callbacks"].items()} == {
        **{"on_ended": "deferred", "on_finished": "deferred"}
    }
    assert {job["id"] for job in shown["failed_jobs"]} == {job.id for job in broken}
    runs(store)
    ended = runs(store)  # on_ended
    page = run("batches", "show", b.id, "--limit", "2").output
    for expected in (
        *("Close 2026", b.id, SITE, "ended", "ValueError: no rate", "There are more than these 2"),
        f"myapp.core.nightly, finished ({ended.id})",
        "myapp.core.nightly, deferred (",
    ):
        assert expected in page
    store.delete(ended.run_id)
    assert read("batches", "show", b.id)["callbacks"]["on_ended"] is None
    assert "past its retention" in run("batches", "show", b.id).output


def test_what_waits_is_canceled_after_a_yes(store: JobStore) -> None:
    b = made(**CALLBACKS)
    at_work = started(store, "default")
    run("batches", "cancel", b.id, code=1, answer="n\n")
    assert b.state().going == 3
    assert "2 jobs: canceled" in run("batches", "cancel", b.id, answer="y\n").output
    assert (b.state().going, b.state().canceled) == (1, 2)
    store.finish(at_work, 1)
    promote(store)
    assert len(waiting(store)) == 1  # on_ended
    assert "0 jobs: canceled" in run("batches", "cancel", b.id).output


def test_what_failed_is_requeued(store: JobStore) -> None:
    b = made(number=2, **CALLBACKS)
    broken = runs(store, fails=True)
    runs(store)
    runs(store)  # on_ended
    assert "1 job: requeued" in run("batches", "requeue", b.id, "--yes").output
    assert broken.get_status() == JobStatus.QUEUED
    runs(store)
    assert b.state().is_finished
    assert len(waiting(store)) == 1  # on_finished


def test_one_that_cannot_be_requeued_is_named_and_does_not_stop_the_others(store: JobStore) -> None:
    b = made(number=6)
    altered, *others = [runs(store, fails=True) for _ in range(6)]
    store.client.hset(store.keys.record(altered.run_id), "message", "altered")
    said = run("batches", "requeue", b.id, "--yes", code=1).output
    assert f"Refused: 5 were requeued, but not {altered.id}: the signature is missing" in said
    assert {job.get_status() for job in others} == {JobStatus.QUEUED}
    assert altered.get_status() == JobStatus.FAILED


@pytest.mark.parametrize("command", ["show", "cancel", "requeue"])
def test_an_unknown_id_is_named_with_the_way_out(store: JobStore, command: str) -> None:
    output = run("batches", command, "ghost", code=1).output
    assert "no batch 'ghost'" in output
    assert "frappe-celery batches list" in output


def test_a_job_and_a_callback_are_shown_with_their_batch(store: JobStore) -> None:
    b = made(**CALLBACKS)
    for job in (next(b.jobs()), store.all_of(JobStatus.DEFERRED)[0]):
        assert read("jobs", "show", job.id)["batch"] == {"id": b.id, "title": "Close 2026"}
        assert f"Close 2026 ({b.id})" in run("jobs", "show", job.id).output
    store.client.delete(store.keys.batch(b.id))
    assert f"(forgotten) ({b.id})" in run("jobs", "show", job.id).output
