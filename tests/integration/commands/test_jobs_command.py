"""`frappe-celery jobs`: the dead-letter list that can be looked at, edited and requeued."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import threading
import time
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import psutil
import pytest

from frappe_celery.enqueue_shim import enqueue
from frappe_celery.jobs import JobStatus, JobStore, codec
from frappe_celery.worker import abandoned
from tests.integration.benches import ended, worker
from tests.integration.cli import OTHER, SITE, enqueued, failed, read, run
from tests.integration.stores import message
from tests.project import Project
from tests.terminal import on_terminal, shown_on_terminal
from tests.waiting import HANG_SECONDS, wait_until


def ids(jobs: list[dict[str, str]]) -> list[str]:
    return [job["id"] for job in jobs]


def jid(name: str, site: str = SITE) -> str:
    return f"{site}::{name}"


# -- looking


def test_list_shows_the_newest_first_and_only_what_the_filters_want(store: JobStore) -> None:
    for name, given in {
        "a": {"queue": "short", "method": "myapp.sales.count"},
        "b": {"queue": "long", "method": "myapp.stock.count"},
        "c": {"site": OTHER},
    }.items():
        enqueued(store, name, id=jid(name, str(given.get("site", SITE))), **given)
    failed(store, "d", id=jid("d"), method="myapp.sales.post")

    assert ids(read("jobs", "list")) == [jid("d"), jid("c", OTHER), jid("b"), jid("a")]
    assert ids(read("jobs", "list", "--limit", "2")) == [jid("d"), jid("c", OTHER)]
    assert "There are more than these 3" in run("jobs", "list", "--limit", "3").output
    assert "There are more" not in run("jobs", "list", "--limit", "4").output
    assert ids(read("jobs", "list", "--site", SITE)) == [jid("d"), jid("b"), jid("a")]
    assert ids(read("jobs", "list", "--site", OTHER)) == [jid("c", OTHER)]
    assert ids(read("jobs", "list", "--queue", "long")) == [jid("b")]
    assert ids(read("jobs", "list", "--status", "failed")) == [jid("d")]
    assert ids(read("jobs", "failed")) == [jid("d")]
    assert ids(read("jobs", "list", "--method", "myapp.sales.*")) == [jid("d"), jid("a")]
    assert ids(read("jobs", "failed", "--site", OTHER)) == []


def test_a_list_shows_ids_and_how_arguments_begin_without_their_secrets(store: JobStore) -> None:
    given = {"customer": "C-17", "api_key": "hidden", "x": "y" * 99}
    enqueued(store, "a", id=jid("a"), kwargs=given)
    shown = run("jobs", "list").output
    (line,) = (line for line in shown.splitlines() if jid("a") in line)
    columns = ("id", "status", "queue", "method", "arguments", "enqueued", "waited", "ran", "error")
    cells = dict(zip(columns, line.split("\t"), strict=True))
    assert (cells["id"], cells["status"], cells["error"]) == (jid("a"), "queued", "")
    assert cells["arguments"].startswith('{"customer": "C-17", "api_key": "')
    assert "hidden" not in shown
    assert "y" * 99 not in shown, "only the beginning"


def test_on_80_columns_an_id_is_whole_and_an_error_one_line(
    project: Project, store: JobStore
) -> None:
    names = ["86f15a8e-4c0e-4b3f-a5a2-0f3f1d5c9e01", "86f15a8e-4c0e-4b3f-a5a2-0f3f1d5c9e02"]
    failed(store, names[0], "ValueError: " + "no rate " * 30, id=jid(names[0]))
    enqueued(store, names[1], id=jid(names[1]), method="myapp." + "deep." * 20 + "tasks.count")
    command = [sys.executable, "-m", "frappe_celery.cli", "jobs", "list"]
    lines = shown_on_terminal(command, project.root, project.environment())
    assert max(map(len, lines)) <= 80
    assert f"failed     {jid(names[0])}" in lines
    assert f"queued     {jid(names[1])}" in lines
    (error,) = (line for line in lines if "no rate" in line)
    assert error.startswith("  ValueError: no rate")
    assert len(lines) < 12, "a few lines a job"
    wide = shown_on_terminal(command, project.root, project.environment(), columns=400)
    (row,) = (line for line in wide if jid(names[0]) in line)
    assert row.startswith("│")


def test_show_has_all_of_the_arguments(store: JobStore) -> None:
    given = {"customer": "C-17", "api_key": "hidden", "x": "y" * 99}
    enqueued(store, "a", id=jid("a"), kwargs=given)
    everything = run("jobs", "show", "a").output
    assert "y" * 99 in everything


def test_a_text_with_half_a_character_is_shown_escaped(store: JobStore) -> None:
    kwargs = codec.encode_arguments({"n": "caf\udce9"}, True)
    job = failed(store, "a", "ValueError: \udce9", id=jid("a"), name="odd \udce9", kwargs=kwargs)
    looking = ("list", "--site", SITE, "--arguments", r"caf\udce9")
    for command in (("list",), ("failed",), ("show", "a"), looking):
        assert r"caf\udce9" in run("jobs", *command).output
        run("jobs", *command, "--json")
    assert r"ID is 'caf\udce9'; it must be" in run("jobs", "show", "caf\udce9", code=1).output
    assert read("jobs", "show", "a")["arguments"] == job.kwargs == {"n": "caf\udce9"}


def test_what_follows_a_death_shows_neither_secrets_nor_signature(store: JobStore) -> None:
    kwargs = {"card_token": "hunter2", "text": "Authorization: Bearer hunter2"}
    job = enqueued(store, "a", id=jid("a"), kwargs=kwargs)
    store.start(job.run_id, "worker")
    sealed = store.message_of(job.run_id).decode()
    abandoned.end_or_repeat(store, job.run_id, "its process died of password=hunter2")
    (aftermath,) = store.all_of(JobStatus.QUEUED)
    shown = run("jobs", "show", aftermath.id).output + run("jobs", "list").output
    shown += json.dumps([read("jobs", "show", aftermath.id), read("jobs", "show", "a")])
    assert "its process died of password=" in shown
    assert "hunter2" not in shown
    assert sealed[:43] not in shown


SECRET_ERROR = "OSError: x-api-key: hunter2 and -----BEGIN PRIVATE KEY-----\nhunter2"


def test_of_an_attempt_too_no_secret_is_shown(store: JobStore) -> None:
    job = failed(store, "a", SECRET_ERROR, id=jid("a"))
    store.requeue(job)
    shown = run("jobs", "show", "a").output
    assert "an attempt failed" in shown
    shown += json.dumps(read("jobs", "show", "a")) + run("jobs", "failed").output
    failed(store, "b", SECRET_ERROR, id=jid("b"))
    shown += run("jobs", "failed").output + run("doctor", code=2).output
    assert "x-api-key: ********" in shown
    assert "hunter2" not in shown


ODD = "odd\nfailed     forged::id\x1b]0;owned\x07\x1b[2J\x1b[8m\r\x9b1A[/red][bold]"
"""As a terminal would obey it, and as markup of the library that draws tables."""


@pytest.mark.parametrize("columns", [80, 400])
def test_a_terminal_gets_no_orders_and_no_forged_lines(
    project: Project, store: JobStore, columns: int
) -> None:
    given: dict[str, Any] = {"id": jid(ODD), "method": f"myapp.{ODD}", "name": ODD, "user": ODD}
    job = failed(store, ODD, f"ValueError: {ODD}", site=SITE, **given)
    store.requeue(job)
    job = failed(store, ODD + "2", f"ValueError: {ODD}", **{**given, "id": jid(ODD + "2")})
    store.refuse("default", ODD, f"it comes from {ODD}", None)
    for command, code in (
        (("jobs", "list"), 0), (("jobs", "show", job.run_id), 0), (("jobs", "refused"), 0),
        (("jobs", "show", ODD + "x"), 1), (("jobs", "requeue", job.run_id), 0), (("doctor",), 2),
    ):  # fmt: skip
        whole = [sys.executable, "-m", "frappe_celery.cli", *command]
        with on_terminal(whole, project.root, project.environment(), columns) as (process, written):
            assert process.wait(120) == code, written()
        shown = re.sub(r"\x1b\[(?:(?:[0-4]|3[1-7]|;)+m|\?25[lh]|2K|1A)|\r\x1b", "", written())
        assert [sign for sign in shown if not sign.isprintable() and sign != "\n"] == [], command
        assert "forged::id" in shown, command
        before_the_trace = shown.partition("\nTraceback\n")[0]
        assert not re.search(r"(?m)^ *failed +forged::id", before_the_trace), command


def test_of_very_long_texts_the_beginning_is_shown_at_once(store: JobStore) -> None:
    given = {"n": "x" * 2_000_000}
    enqueued(store, "a", id=jid("a"), kwargs=given)
    failed(store, "b", "ValueError: " + "y" * 2_000_000, id=jid("b"))
    began = time.process_time()
    assert "Too many arguments to be shown here" in run("jobs", "list").output.replace("\n", "")
    assert "x… (2000013 signs)" in run("jobs", "show", "a").output
    assert "y… (2000059 signs)" in run("jobs", "show", "b").output.replace("\n", "")
    assert read("jobs", "show", "a")["arguments"] == given, "a script gets all of it"
    assert len(read("jobs", "failed")[0]["error"]) < 2000
    assert time.process_time() - began < HANG_SECONDS


def test_scheduled_jobs_are_found_by_their_own_method(store: JobStore) -> None:
    wrapper = "frappe.core.doctype.scheduled_job_type.scheduled_job_type.run_scheduled_job"
    enqueued(store, "s", id=jid("s"), method=wrapper, name="myapp.tasks.nightly")
    (job,) = read("jobs", "list", "--method", "myapp.tasks.nightly")
    assert job["method"] == "myapp.tasks.nightly"


def test_since_and_until_bound_the_time_of_the_status(store: JobStore) -> None:
    now = time.time()
    for name, ago in (("old", 7200), ("middle", 3600), ("new", 60)):
        enqueued(store, name, id=jid(name), enqueued_at=now - ago)
    assert ids(read("jobs", "list", "--since", "90m")) == [jid("new"), jid("middle")]
    assert ids(read("jobs", "list", "--until", "30m")) == [jid("middle"), jid("old")]
    half_past = datetime.fromtimestamp(now - 5400, timezone.utc).isoformat()
    assert ids(read("jobs", "list", "--until", half_past)) == [jid("old")]
    assert "2h" in run("jobs", "list", "--since", "yesterday", code=2).output


def test_a_search_goes_through_more_than_it_reads_at_once(store: JobStore) -> None:
    for number in range(1_203):
        method = "myapp.rare" if number % 400 == 0 else "myapp.common"
        enqueued(
            store, method=method, enqueued_at=1e9 + number, queue="long" if number % 2 else "short"
        )
    assert len(read("jobs", "list", "--method", "myapp.rare")) == 4
    assert len(read("jobs", "list", "--limit", "5000")) == 1_203


def test_show_has_timeline_traceback_and_arguments_without_their_secrets(store: JobStore) -> None:
    kwargs = {
        "customer": "CUST-1",
        "api_key": "sesame",
        "login": {"user": "u", "password": "sesame"},
        "urls": ["https://someone:sesame@host/path"],
    }
    error = "OSError: ftp://u:sesame@host is away"
    job = failed(store, "report", error, id=jid("report"), kwargs=kwargs)
    shown = read("jobs", "show", "report")
    assert (shown["id"], shown["status"]) == (jid("report"), "failed")
    assert shown["arguments"]["customer"] == "CUST-1"
    assert shown["arguments"]["login"]["user"] == "u"
    assert shown["traceback"].startswith("Traceback")
    assert shown["error"].startswith("OSError: ftp://u:")
    text = run("jobs", "show", job.run_id).output
    for expected in ("enqueued", "started, after", "failed, after", "CUST-1", "OSError"):
        assert expected in text
    for output in (text, str(shown), run("jobs", "failed").output):
        assert "sesame" not in output


def test_a_delayed_job_is_shown_with_its_time_and_can_be_canceled(store: JobStore) -> None:
    due = time.time() + 3600
    job = store.enqueue(message("later", id=jid("later")), at=due)
    assert job is not None
    assert ids(read("jobs", "list", "--status", "scheduled")) == [jid("later")]
    shown = read("jobs", "show", "later")["due_at"]
    assert datetime.fromisoformat(shown).timestamp() == pytest.approx(due, abs=0.01)
    assert "enters its queue" in run("jobs", "show", "later").output
    run("jobs", "cancel", "later")
    assert job.get_status() == JobStatus.CANCELED


def test_show_survives_arguments_that_cannot_be_read(store: JobStore) -> None:
    job = failed(store, "x", id=jid("x"))
    store.client.hset(store.keys.record(job.run_id), "message", b"tampered with")
    assert "cannot be shown" in read("jobs", "show", "x")["arguments"]


def test_refused_messages_can_be_looked_at(store: JobStore) -> None:
    assert "No message was refused" in run("jobs", "refused").output
    store.refuse("short", "some-run", "the signature is missing or wrong")
    (message,) = read("jobs", "refused")
    assert (message["queue"], message["run"]) == ("short", "some-run")
    assert "signature" in run("jobs", "refused").output


@pytest.mark.parametrize(
    "command", [("show",), ("stop",), ("cancel",), ("requeue",), ("delete",)], ids=lambda c: c[0]
)
def test_an_unknown_id_is_named_with_the_way_out(store: JobStore, command: tuple[str, ...]) -> None:
    failed(store, "there", id=jid("there", OTHER), site=OTHER)
    for arguments in (["ghost"], [jid("there", OTHER), "--site", SITE]):
        output = run("jobs", *command, *arguments, code=1).output
        assert f"no job with id {arguments[0]!r}" in output
        assert "frappe-celery jobs list" in output


def test_unknown_sites_and_queues_are_refused(store: JobStore) -> None:
    assert SITE in run("jobs", "list", "--site", "nowhere", code=2).output
    assert "short, default, long" in run("jobs", "list", "--queue", "fast", code=1).output


def test_a_dropped_site_and_a_removed_queue_are_found_while_jobs_of_them_are_left(
    store: JobStore,
) -> None:
    job = enqueued(store, "left", id=jid("left", "dropped.example"), site="dropped.example")
    other = enqueued(store, "other", id=jid("other"), queue="removed")
    assert ids(read("jobs", "list", "--site", "dropped.example")) == [job.id]
    assert ids(read("jobs", "list", "--queue", "removed")) == [other.id]
    run("jobs", "delete", "left", "--site", "dropped.example")
    assert store.counts(site="dropped.example")[JobStatus.QUEUED] == 0


# -- changing


def test_cancel_takes_a_waiting_job_out_of_its_queue(store: JobStore) -> None:
    job = enqueued(store, "wait", id=jid("wait"))
    assert f"{jid('wait')}: canceled" in run("jobs", "cancel", "wait").output
    assert job.get_status() == JobStatus.CANCELED
    assert store.queue_length("default") == 0
    assert "canceled" in run("jobs", "cancel", "wait", code=1).output


def test_stop_ends_a_running_job_and_kills_its_process(
    project: Project, store: JobStore, tmp_path: Path
) -> None:
    process = worker(project)
    job = enqueue("myapp.core.work", text="job", until=str(tmp_path / "never"), job_id="run")
    wait_until(lambda: "job started" in project.effects(), what="it runs")
    (child,) = psutil.Process(process.pid).children()
    assert "stopped" in run("jobs", "stop", "run").output
    assert ended(job, timeout=HANG_SECONDS).status == JobStatus.STOPPED
    wait_until(lambda: not child.is_running(), HANG_SECONDS, "its process is gone")
    assert "does not run" in run("jobs", "stop", "run", code=1).output
    assert read("jobs", "failed")[0]["status"] == "stopped"


def test_a_failed_job_is_edited_requeued_and_finishes(project: Project, store: JobStore) -> None:
    """The job failed for a wrong argument; with the right one it runs under the same id."""
    process = worker(project)
    job = enqueue("myapp.core.fail_after", until=None, job_id="edit", queue="short")
    assert ended(job).status == JobStatus.FAILED
    until = project.root / "effects.txt"
    for wrong, why in (
        ("until", "NAME=JSON"),
        ("until=/no/json", "needs its quotes"),
        ("=1", "NAME=JSON"),
    ):
        assert why in run("jobs", "requeue", "edit", "--set", wrong, code=2).output
    assert (
        "no argument 'nothing'"
        in run("jobs", "requeue", "edit", "--unset", "nothing", code=1).output
    )
    both = ("--set", "added=1", "--unset", "nothing")
    assert "no argument 'nothing'" in run("jobs", "requeue", "edit", *both, code=1).output
    assert job.get_status() == JobStatus.FAILED

    run("jobs", "requeue", "edit", "--set", f'until="{until}"')
    again = ended(store.fetch(jid("edit")))
    assert again.run_id != job.run_id
    assert (again.queue, again.user, again.kwargs) == ("short", job.user, {"until": str(until)})
    assert "ValueError: broken on purpose" in (again.exc_info or "")  # it came past its argument
    assert process.popen.poll() is None


def test_all_failed_ones_that_the_filters_want_are_requeued(store: JobStore) -> None:
    wanted = [failed(store, f"w{n}", id=jid(f"w{n}"), queue="short") for n in range(30)]
    others = [
        failed(store, "long", id=jid("long"), queue="long"),
        failed(store, "site", id=jid("site", OTHER), site=OTHER, queue="short"),
    ]
    arguments = ("jobs", "requeue", "--all-failed", "--site", SITE, "--queue", "short")
    assert "requeue 30 failed jobs?" in run(*arguments, answer="n\n", code=1).output
    assert store.queue_length("short") == 0
    assert "30 jobs: requeued" in run(*arguments, "--yes").output
    assert store.queue_length("short") == 30
    assert {store.fetch(job.id).status for job in wanted} == {JobStatus.QUEUED}
    assert {job.get_status() for job in others} == {JobStatus.FAILED}
    assert "No such jobs" in run(*arguments, "--yes").output


def test_a_requeued_job_shows_what_was_tried_before(store: JobStore) -> None:
    old = failed(store, "shown", id=jid("shown"), error="ValueError: the first")
    run("jobs", "requeue", "shown")
    shown = read("jobs", "show", old.run_id)
    (one,) = shown["attempts"]
    assert (one["run"], one["status"], one["error"]) == (
        old.run_id,
        "failed",
        "ValueError: the first",
    )
    assert shown["run"] != old.run_id
    assert "an attempt failed" in run("jobs", "show", "shown").output
    assert [line["status"] for line in read("jobs", "list")] == ["queued"]


def test_a_job_of_many_failed_attempts_is_requeued_once(store: JobStore) -> None:
    """And not at all where a later attempt of it has succeeded, or waits."""
    for name, last_fails in (("fails", True), ("waits", False)):
        first = enqueued(store, name, id=jid(name))
        store.start(first.run_id, "worker")
        store.client.lrem(store.waiting_list(SITE, "default"), 1, first.run_id)
        again = enqueued(store, f"{name}-again", id=jid(name))
        store.fail(first.run_id, "ValueError: not yet", following=again.run_id)
        if last_fails:
            store.start(again.run_id, "worker")
            store.client.lrem(store.waiting_list(SITE, "default"), 1, again.run_id)
            store.fail(again.run_id, "ValueError: no")
    assert "fails: requeued" in run("jobs", "requeue", "--all-failed", "--yes").output
    assert store.queue_length("default") == 2
    assert "No such jobs" in run("jobs", "requeue", "--all-failed", "--yes").output
    run("jobs", "delete", "--all-failed", "--yes")
    assert not read("jobs", "failed")


def on_a_terminal(project: Project, *arguments: str) -> tuple[str, str]:
    """What a `jobs` command prints, and what it shows meanwhile."""
    ours, theirs = pty.openpty()
    shown: list[bytes] = []

    def read() -> None:
        with suppress(OSError):  # the other end is closed
            while part := os.read(ours, 4096):
                shown.append(part)

    reader = threading.Thread(target=read)
    reader.start()  # a terminal keeps 4 KiB
    try:
        command = subprocess.run(
            [sys.executable, "-m", "frappe_celery.cli", "jobs", *arguments],
            cwd=project.root,
            env=project.environment(TERM="xterm"),
            stdout=subprocess.PIPE,
            stderr=theirs,
            check=True,
        )
    finally:
        os.close(theirs)
        reader.join()
    return command.stdout.decode(), b"".join(shown).decode()


def test_many_show_progress_on_a_terminal_and_nowhere_else(
    project: Project, store: JobStore
) -> None:
    for n in range(30):
        failed(store, f"w{n}", id=jid(f"w{n}"))
    printed, shown = on_a_terminal(project, "requeue", "--all-failed", "--yes")
    assert "requeued" in shown
    assert "100%" in shown
    assert printed == "30 jobs: requeued\n"


def test_a_long_look_shows_how_many_were_looked_through(project: Project, store: JobStore) -> None:
    for n in range(1001):
        enqueued(store, f"w{n}", id=jid(f"w{n}"))
    printed, shown = on_a_terminal(project, "list", "--method", "nowhere.*")
    assert "1,001 jobs looked through" in shown
    assert "No such jobs" in shown
    assert printed == "", "what reads the list finds none"


def test_a_job_that_two_people_requeue_at_once_runs_once(store: JobStore) -> None:
    job = failed(store, "twice", id=jid("twice"))
    seen_by_both = store.fetch_run(job.run_id)
    store.client.copy(store.keys.record(job.run_id), "aside")
    first = job.requeue()
    store.client.rename("aside", store.keys.record(job.run_id))  # the other one was as fast
    assert store.requeue(seen_by_both).run_id == first.run_id
    assert store.queue_length("default") == 1


def test_requeue_of_what_has_not_ended_is_an_error_and_the_others_go_on(store: JobStore) -> None:
    enqueued(store, "waits", id=jid("waits"))
    failed(store, "failed", id=jid("failed"))
    output = run("jobs", "requeue", "waits", "failed", code=1).output
    assert f"job {jid('waits')} is queued: only an ended one is requeued" in output
    assert f"{jid('failed')}: requeued" in output
    assert "is new" not in run("jobs", "requeue", "waits", "--set", "m=1", code=1).output
    run("jobs", "requeue", code=2)
    run("jobs", "requeue", "waits", "--all-failed", code=2)


def test_delete_removes_jobs_wherever_they_stand(store: JobStore) -> None:
    enqueued(store, "waits", id=jid("waits"))
    failed(store, "failed", id=jid("failed"))
    failed(store, "other", id=jid("other", OTHER), site=OTHER)
    run("jobs", "delete", "waits", "failed")
    assert store.queue_length("default") == 0
    assert ids(read("jobs", "list")) == [jid("other", OTHER)]
    run("jobs", "delete", "--all-failed", "--site", SITE, "--yes")
    assert ids(read("jobs", "list")) == [jid("other", OTHER)]
    run("jobs", "delete", "--all-failed", "--yes")
    assert read("jobs", "list") == []


def test_what_waits_is_canceled_by_filter(store: JobStore) -> None:
    wanted = [enqueued(store, f"w{n}", id=jid(f"w{n}"), queue="short") for n in range(30)]
    enqueued(store, "long", id=jid("long"), queue="long")
    failed(store, "failed", id=jid("failed"), queue="short")
    arguments = ("jobs", "cancel", "--all-waiting", "--queue", "short")
    assert "cancel 30 waiting jobs?" in run(*arguments, answer="n\n", code=1).output
    assert "30 jobs: canceled" in run(*arguments, "--yes").output
    assert {store.fetch(job.id).status for job in wanted} == {JobStatus.CANCELED}
    assert (store.queue_length("short"), store.queue_length("long")) == (0, 1)
    assert "--all-waiting" in run("jobs", "cancel", code=2).output


def test_a_text_is_looked_for_in_the_arguments(store: JobStore) -> None:
    wanted = {"customer": "ACME-7", "password": "sesame"}
    enqueued(store, "one", id=jid("one"), kwargs=wanted)
    enqueued(store, "two", id=jid("two"), kwargs={"customer": "ACME-8"})
    enqueued(store, "other", id=jid("other", OTHER), site=OTHER, kwargs=wanted)
    arguments = ("jobs", "list", "--site", SITE, "--arguments")
    assert ids(read(*arguments, "ACME-7")) == [jid("one")]
    assert ids(read(*arguments, "sesame")) == []
    shown = run(*arguments, "ACME-7").output
    assert '{"customer": "ACME-7", "passwor' in shown
    assert "sesame" not in shown
    assert "say which, --site" in run("jobs", "list", "--arguments", "ACME", code=2).output
    assert "a day at most" in run(*arguments, "ACME", "--since", "2d", code=2).output
    run("jobs", "delete", "--all-failed", "--arguments", "ACME-7", "--site", SITE, "--yes")
    assert len(read("jobs", "list")) == 3
