"""`frappe-celery limits`, `limit`, `pause`, `resume`, and what doctor and metrics say of them."""

from __future__ import annotations

import sys

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from frappe_celery.jobs import JobStore
from frappe_pages.exposition import Exposition
from tests.integration.cli import SITE, enqueued, read, run
from tests.integration.stores import take
from tests.project import Project
from tests.terminal import shown_on_terminal

TARGET = f"site:{SITE}"


def test_a_limit_is_set_shown_and_removed(store: JobStore) -> None:
    assert "nothing is limited or paused" in run("limits").output
    said = run("limit", "queue:long", "--running", "2", "--per-minute", "60").output
    assert said == "queue:long: 2 at once, 60 a minute.\n"
    (shown,) = read("limits")
    assert (shown["target"], shown["rule"]["running"], shown["kept_back"]) == ("queue:long", 2, 0)
    assert "2 at once, 60 a minute" in run("limits").output
    run("limit", "queue:long", "--remove")
    assert read("limits") == []


def test_what_is_paused_is_said_and_is_no_problem(store: JobStore) -> None:
    assert f"{TARGET}: paused until frappe-celery limits resume." in run("pause", TARGET).output
    enqueued(store, enqueued_at=1.0)
    assert take(store) is None
    found = read("doctor", code=2)["sections"]
    (note,) = found["limits"]["findings"]
    assert f"frappe-celery limits resume {TARGET}" in str(note)
    assert "for the end of a pause" in str(found["queues"]["findings"])
    assert "no worker takes" not in str(found["queues"]["findings"])
    registry = CollectorRegistry()
    Exposition(store, registry)
    text = generate_latest(registry).decode()
    assert f'frappe_celery_paused{{target="{TARGET}"}} 1.0' in text
    assert f'frappe_celery_kept_back{{target="{TARGET}"}} 1.0' in text
    assert run("resume", TARGET).output == f"{TARGET} goes on.\n"
    assert take(store) is not None


def test_a_job_says_what_keeps_it_back(store: JobStore) -> None:
    run("limit", TARGET, "--running", "1")
    enqueued(store)
    assert take(store) is not None
    waits = enqueued(store)
    assert read("jobs", "show", waits.run_id)["kept_back_by"] is None
    assert take(store) is None
    assert read("jobs", "show", waits.run_id)["kept_back_by"] == f"{TARGET}: 1 at once"
    run("pause", "site:*")
    said = f"{TARGET}: paused until frappe-celery limits resume, 1 at once"
    assert said in run("jobs", "show", waits.run_id).output
    in_line = enqueued(store, queue="long")
    run("pause", "queue:l*")
    assert read("jobs", "show", in_line.run_id)["kept_back_by"].startswith("queue:long: paused")


def test_a_long_target_is_shown_whole_with_its_brackets(store: JobStore) -> None:
    target = f"key:[red]{'x' * 90}"
    run("pause", target)
    assert target in run("limits").output


def test_into_a_pipe_goes_a_line_a_limit_and_on_a_narrow_terminal_a_few(
    project: Project, store: JobStore
) -> None:
    run("limit", "queue:long", "--running", "2")
    shown = run("limits")
    assert shown.stdout == "queue:long\t2 at once\t0\t0\thand\n"
    assert shown.stderr == "Limits and pauses\n"
    command = [sys.executable, "-m", "frappe_celery.cli", "limits"]
    lines = shown_on_terminal(command, project.root, project.environment(), columns=40)
    assert [line.rstrip() for line in lines if line.strip()] == [
        *("Limits and pauses", "queue:long", "  limit: 2 at once", "  running: 0"),
        *("  kept back: 0", "  said by: hand"),
    ]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("limit", "queue:long"), 2, "Say --running, --per-minute or both; or --remove"),
        (("limit", "queue:lang", "--running", "1"), 1, "did you mean long?"),
        (("limit", "queue:long", "--running", "0"), 2, "0 is not in the range"),
        (("limit", "queue:long", "--remove"), 1, "no limit was set for 'queue:long'"),
        (("pause", "long"), 1, "is no target of a limit: write site:NAME"),
        (("pause", "queue:long", "--for", "soon"), 2, "write a number and s, m, h or d"),
        (("resume", "queue:long"), 1, "queue:long is not paused; paused is: nothing"),
    ],
)
def test_what_is_wrong_is_said(
    store: JobStore, words: tuple[str, ...], code: int, said: str
) -> None:
    assert said in run(*words, code=code).output
    assert read("limits") == []
