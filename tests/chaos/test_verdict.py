"""The verdict sees each thing that must not happen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos.ledger import CALLED, Due, Enqueued, Evidence, Line, Record, read_files
from tests.chaos.verdict import violations

PERIODS = {"every_two": 2}
ABANDONED = "AbandonedJobError: the worker gave no sign of life"


def sound() -> Evidence:
    """A job that finished, one that raised, one whose process was killed; three due times."""
    evidence = Evidence()
    for token, status, reason, worker in (
        ("good", "finished", "", "w1"),
        ("bad", "failed", "ValueError: broken on purpose", "w1"),
        ("dead", "failed", ABANDONED, "w2"),
    ):
        evidence.enqueued[token] = Enqueued("works", run=f"run-{token}")
        evidence.starts[token] = [Line(f"run-{token}", int(worker[1]), 100, 1.0)]
        evidence.records[f"run-{token}"] = Record(
            f"run-{token}", token, status, reason, worker, began=True
        )
    evidence.ends["good"] = [Line("run-good", 1, 100, 2.0)]
    evidence.raises["bad"] = [Line("run-bad", 1, 100, 2.0)]
    evidence.killed, evidence.hurt = {2}, {"w2"}
    evidence.dues = [
        Due("every_two", None, 10.0, "enqueued", "s1"),
        Due("every_two", 10.0, 12.0, "duplicate", "s1"),
        Due("every_two", 12.0, 16.0, "enqueued", "s2"),
    ]
    evidence.starts |= {run: [Line(run, 1, 100, 1.0)] for run in ("s1", "s2")}
    return evidence


def broken_by(evidence: Evidence) -> list[str]:
    return list(violations(evidence, PERIODS, until=17.0))


def test_a_sound_run_has_no_violations() -> None:
    assert broken_by(sound()) == []


def record(token: str, **values: object) -> Callable[[Evidence], None]:
    def change(evidence: Evidence) -> None:
        run = f"run-{token}"
        evidence.records[run] = replace(evidence.records[run], **values)  # type: ignore[arg-type]

    return change


def due(number: int, **values: object) -> Callable[[Evidence], None]:
    def change(evidence: Evidence) -> None:
        evidence.dues[number] = replace(evidence.dues[number], **values)  # type: ignore[arg-type]

    return change


def again(evidence: Evidence) -> None:
    evidence.starts["good"] *= 2


def twice(evidence: Evidence) -> None:
    evidence.records["other"] = replace(evidence.records["run-good"], run="other")


def lost(evidence: Evidence) -> None:
    del evidence.records["run-good"], evidence.starts["good"]


def unrecorded(evidence: Evidence) -> None:
    evidence.enqueued["good"].run = ""
    del evidence.records["run-good"]


def too_early(evidence: Evidence) -> None:
    evidence.enqueued["good"].not_before = 1.5


def scheduled_lost(evidence: Evidence) -> None:
    del evidence.starts["s1"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (again, "started more than once"),
        (twice, "enqueued twice"),
        (lost, "acknowledged and lost"),
        (too_early, "started before its time"),
        (unrecorded, "ran without a record"),
        (record("good", status="started"), "never ended"),
        (record("dead", status="finished"), "finished, but its code did not return"),
        (lambda e: e.killed.clear(), "abandoned, but its process was not killed"),
        (record("good", status="failed"), "failed, but its code did not raise"),
        (due(1, due=10.0), "due time acted on twice"),
        (due(1, after=8.0), "due times left out"),
        (due(1, due=13.0), "acted on a time that is not due"),
        (due(1, outcome=""), "due time without an outcome"),
        (lambda e: e.dues.pop(), "due times that nobody acted on"),
        (scheduled_lost, "scheduled run lost"),
        (lambda e: e.held.append("in short: x"), "left over"),
        (lambda e: e.stubborn.append("w3"), "told to stop, and did not"),
        (lambda e: e.contradictions.append("run x"), "contradiction"),
    ],
)
def test_it_sees(change: Callable[[Evidence], object], rule: str) -> None:
    evidence = sound()
    change(evidence)
    assert rule in broken_by(evidence)


def test_abandoned_before_it_was_started_is_seen() -> None:
    evidence = sound()
    del evidence.starts["dead"]
    record("dead", began=False)(evidence)
    assert broken_by(evidence) == ["abandoned, but it had not been started"]
    record("dead", began=True)(evidence)
    assert broken_by(evidence) == [], "killed between its claim and its first line"


def test_a_process_that_stood_still_for_long_may_count_as_dead() -> None:
    evidence = sound()
    evidence.killed, evidence.frozen = set(), {2}
    assert broken_by(evidence) == []


def test_a_job_that_ran_though_its_enqueue_raised_is_fine() -> None:
    evidence = sound()
    evidence.enqueued["good"] = Enqueued("works", raised="BrokerUnreachable")
    assert broken_by(evidence) == []


SECOND = hashlib.sha256(b"run-dead again").hexdigest()[:32]


def died_twice() -> Evidence:
    """An idempotent job: its first process died, its second run finished."""
    evidence = sound()
    evidence.enqueued["dead"].kind = "idempotent"
    record("dead", reason=f"{ABANDONED}\nIt is run again, as run {SECOND}, delivery 2")(evidence)
    evidence.records[SECOND] = Record(SECOND, "dead", "finished", "", "w1", began=True)
    evidence.starts["dead"].append(Line(SECOND, 1, 100, 3.0))
    evidence.ends["dead"] = [Line(SECOND, 1, 100, 4.0)]
    return evidence


def test_an_idempotent_job_runs_again_when_its_process_died() -> None:
    assert broken_by(died_twice()) == []
    evidence = died_twice()
    evidence.enqueued["dead"].kind = "works"
    assert broken_by(evidence) == ["enqueued twice", "started more than once"]
    evidence = died_twice()
    evidence.starts["dead"] *= 2
    assert broken_by(evidence) == ["started more than once"]
    evidence = died_twice()
    record("dead", reason=ABANDONED)(evidence)
    assert broken_by(evidence) == ["idempotent, but not run again"]
    evidence = died_twice()
    del evidence.records[SECOND], evidence.starts["dead"][1]
    assert broken_by(evidence) == ["to be run again, and lost"]


def test_more_at_once_than_the_limit_is_seen_but_not_of_a_process_that_counted_as_dead() -> None:
    evidence = sound()
    for number in range(3):
        token = f"limited{number}"
        evidence.enqueued[token] = Enqueued("limited", run=f"run-{token}")
        evidence.starts[token] = [Line(f"run-{token}", 10 + number, 100, 1.0 + number)]
        evidence.ends[token] = [Line(f"run-{token}", 10 + number, 100, 4.0)]
        evidence.records[f"run-{token}"] = Record(
            f"run-{token}", token, "finished", "", "w1", began=True
        )
    assert broken_by(evidence) == ["more at once than the limit"]
    evidence.frozen = {11}
    assert broken_by(evidence) == []


def test_more_in_a_minute_than_the_limit_is_seen() -> None:
    evidence = sound()
    for number in range(41):
        token = f"rated{number}"
        evidence.enqueued[token] = Enqueued("rated", run=f"run-{token}")
        evidence.starts[token] = [Line(f"run-{token}", 10, 100, 1.0 + number)]
        evidence.ends[token] = [Line(f"run-{token}", 10, 100, 1.5 + number)]
        evidence.records[f"run-{token}"] = Record(
            f"run-{token}", token, "finished", "", "w1", began=True
        )
    assert broken_by(evidence) == ["more in a minute than the limit"]
    evidence.starts["rated40"] = [Line("run-rated40", 10, 100, 70.0)]
    assert broken_by(evidence) == []


def after_others() -> Evidence:
    """A job that depends on one that finished; one that was canceled since one had failed, and one
    for that; one that runs all the same."""
    evidence = sound()
    for token, needs in {
        "glad": {"good": False},
        "sad": {"good": False, "bad": False},
        "sadder": {"sad": False, "glad": False},
        "anyway": {"sad": True, "dead": True},
    }.items():
        evidence.enqueued[token] = Enqueued("works", depends_on=needs, run=f"run-{token}")
        is_sad = "sad" in token
        reason = "canceled, since job site::run-bad, which it depends on, failed" * is_sad
        ending = "canceled" if is_sad else "finished"
        evidence.records[f"run-{token}"] = Record(
            f"run-{token}", token, ending, reason, "w1", began=not is_sad, ended_at=3.0
        )
        if not is_sad:
            evidence.starts[token] = [Line(f"run-{token}", 1, 100, 3.5)]
            evidence.ends[token] = [Line(f"run-{token}", 1, 100, 4.0)]
    return evidence


def too_late(evidence: Evidence) -> None:
    evidence.ends["good"] = [Line("run-good", 1, 100, 3.7)]


def ran(evidence: Evidence) -> None:
    record("sad", status="finished")(evidence)
    evidence.ends["sad"] = evidence.starts["sad"] = [Line("run-sad", 1, 100, 4.0)]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (record("good", ended_at=3.6), "started before what it depends on had ended"),
        (too_late, "started before what it depends on had ended"),
        (record("dead", ended_at=3.6), "started before what it depends on had ended"),
        (record("glad", status="deferred"), "never ended"),
        (record("glad", status="canceled"), "canceled, though it was to run"),
        (record("good", status="canceled"), "canceled, though it was to run"),
        (record("sad", began=True), "canceled, but it was started"),
        (record("sadder", reason="canceled"), "canceled without the reason"),
        (ran, "ran, though what it depends on did not finish"),
    ],
)
def test_it_sees_of_what_depends_on_others(change: Callable[[Evidence], None], rule: str) -> None:
    evidence = after_others()
    assert broken_by(evidence) == []
    change(evidence)
    assert rule in broken_by(evidence)


def test_a_dependant_waits_for_the_last_run_of_what_it_depends_on() -> None:
    evidence = died_twice()
    evidence.records[SECOND] = replace(evidence.records[SECOND], ended_at=4.5)
    evidence.enqueued["next"] = Enqueued("works", depends_on={"dead": False}, run="run-next")
    evidence.records["run-next"] = Record("run-next", "next", "finished", "", "w1", began=True)
    for at, broken in ((4.4, ["started before what it depends on had ended"]), (4.6, [])):
        evidence.starts["next"] = evidence.ends["next"] = [Line("run-next", 1, 100, at)]
        assert broken_by(evidence) == broken


def of_a_batch(ended: str = "finished") -> Evidence:
    """Two jobs and their callbacks; how the first has ended."""
    evidence = sound()
    needs = {"e0-1-0": False, "e0-1-1": False}
    for token, kind, others, status, at in (
        ("e0-1-0", "works", {}, ended, 1.0),
        ("e0-1-1", "works", {}, "finished", 1.0),
        ("e0-1-on_ended", "on_ended", dict.fromkeys(needs, True), "finished", 3.0),
        ("e0-1-on_finished", "on_finished", needs, "finished", 3.0),
    ):
        run = f"run-{token}"
        evidence.enqueued[token] = Enqueued(kind, depends_on=others, run=run)
        evidence.records[run] = Record(run, token, status, "", "w1", began=True, ended_at=at + 1)
        evidence.starts[token] = evidence.ends[token] = [Line(run, 1, 100, at)]
        evidence.raises[token] = evidence.ends[token]
    if ended != "finished":
        record("e0-1-on_finished", status="deferred", began=False)(evidence)
        del evidence.starts["e0-1-on_finished"]
    return evidence


def half(evidence: Evidence) -> None:
    for token, enqueued in evidence.enqueued.items():
        enqueued.run = enqueued.run if "-" not in token else ""
    record("e0-1-1", status="canceled", began=False)(evidence)
    del evidence.starts["e0-1-1"]


def added(ended_at: float) -> Callable[[Evidence], None]:
    """A job added one to the batch, which ended then; the callbacks began at 3.0."""

    def change(evidence: Evidence) -> None:
        token, run = "e0-1-0+", "run-e0-1-0+"
        evidence.enqueued[token] = Enqueued("added", run=run)
        evidence.starts[token] = evidence.ends[token] = [Line(run, 1, 100, 1.2)]
        evidence.records[run] = Record(run, token, "finished", "", "w1", True, ended_at)
        for role in ("on_ended", "on_finished"):
            evidence.enqueued[f"e0-1-{role}"].depends_on[token] = role == "on_ended"

    return change


CALLED_WHEN = "not called when all of its batch had finished, and only then"


@pytest.mark.parametrize(
    ("ended", "change", "rule"),
    [
        ("finished", added(1.5), None),
        ("finished", added(3.5), "started before what it depends on had ended"),
        ("failed", record("e0-1-on_finished", status="finished"), CALLED_WHEN),
        ("finished", record("e0-1-on_finished", status="deferred"), CALLED_WHEN),
        ("failed", record("e0-1-on_ended", status="deferred"), "never ended"),
        (
            "finished",
            record("e0-1-1", ended_at=3.5),
            "started before what it depends on had ended",
        ),
        ("finished", half, "half a batch"),
    ],
)
def test_it_sees_of_a_batch(
    ended: str, change: Callable[[Evidence], None], rule: str | None
) -> None:
    evidence = of_a_batch(ended)
    assert broken_by(evidence) == []
    change(evidence)
    assert rule in broken_by(evidence) if rule else not broken_by(evidence)


def test_what_callbacks_wait_for_is_read_with_what_was_added(tmp_path: Path) -> None:
    batch = "try b0-1-0 adds 0\ntry b0-1-on_ended on_ended 0 b0-1-0?\n"
    batch += "try b0-1-on_finished on_finished 0 b0-1-0\n"
    (tmp_path / "enqueued-b0").write_text(batch)
    (tmp_path / "enqueued-added").write_text("try b0-1-0+ added 0\nack b0-1-0+ run\n")
    enqueued = read_files(tmp_path).enqueued
    assert enqueued["b0-1-on_ended"].depends_on == {"b0-1-0": True, "b0-1-0+": True}
    assert enqueued["b0-1-on_finished"].depends_on == {"b0-1-0": False, "b0-1-0+": False}


def test_a_callback_that_was_acknowledged_is_not_lost() -> None:
    evidence = of_a_batch()
    evidence.enqueued["e0-1-on_ended"].run = CALLED
    assert broken_by(evidence) == []
    del evidence.records["run-e0-1-on_ended"], evidence.starts["e0-1-on_ended"]
    assert broken_by(evidence) == ["acknowledged and lost"]
