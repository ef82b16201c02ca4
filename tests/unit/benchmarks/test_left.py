"""What is read from the lines of jobs that left something, and of those after them."""

from __future__ import annotations

from typing import Any

from benchmarks.left import reading
from benchmarks.left.reading import Found
from benchmarks.left.table import summary

WAYS: dict[str, dict[str, Any]] = {"names.one": {"rule": "", "is_named": True, "leaves_from": 1}}
OF_THE_END = "1\tjobs.rest\t\t\tsouth\t\t", "2\tjobs.rest\t\t\tsouth\t\t"


def left(pid: int, number: int = 1, seen: str = "token") -> str:
    return f"{pid}\tnames.one\tnames.one\t{number}\tnorth\t\t{seen}"


def look(pid: int, seen: str = "", site: str = "north", number: int = 1) -> str:
    return f"{pid}\tjobs.look\tnames.one\t{number}\t{site}\t\t{seen}"


def read(*lines: str, leaves_from: int = 1) -> Found:
    ways = {"names.one": {**WAYS["names.one"], "leaves_from": leaves_from}}
    text = "\n".join([*lines, *OF_THE_END])
    return reading.read(text, ways, len(OF_THE_END))[0]


def outcome(*lines: str) -> str:
    first = read(*lines).first
    assert first is not None
    return first.outcome


def test_what_no_later_job_sees_was_put_back() -> None:
    assert outcome(left(1), look(1), look(2), look(1)) == "put back"


def test_what_the_last_job_of_its_process_sees_stays() -> None:
    assert outcome(left(1), look(1), look(1, "token"), look(2)) == "stays"


def test_what_is_seen_and_then_no_more_was_put_back_later() -> None:
    assert outcome(left(1), look(1, "token"), look(2), look(1)) == "put back later"


def test_a_process_that_runs_nothing_more_was_replaced() -> None:
    assert outcome(left(3), look(1), look(2)) == "replaced"


def test_a_process_that_ended_while_it_was_seen_was_replaced_later() -> None:
    assert outcome(left(3), look(3, "token"), look(1)) == "replaced later"


def test_what_its_own_job_does_not_see_was_not_left() -> None:
    assert outcome(left(1, seen=""), look(1)) == "leaves nothing"


def test_a_job_that_left_no_line_died() -> None:
    found = read(left(1), look(1), left(2, 3), look(2, number=3))
    assert [call.outcome for call in found.again] == ["died", "put back"]


def test_what_no_job_looked_for_is_told() -> None:
    assert outcome(left(1), left(2, 2), look(2, number=2)) == "not looked for"


def test_a_look_before_it_was_left_does_not_count() -> None:
    first = read(look(1), left(1), look(1, "token", "south"), look(1, "token")).first
    assert first is not None
    assert (first.looks, first.seen, first.seen_elsewhere, first.processes) == (2, 2, 1, 1)


def test_calls_that_leave_nothing_yet_are_told_apart() -> None:
    lines = [left(1, 1, ""), look(1), left(1, 2), look(1, "token", number=2)]
    found = read(*lines, left(1, 3), look(1, number=3), leaves_from=2)
    assert [call.outcome for call in found.before] == ["leaves nothing"]
    assert found.first is not None
    assert (found.first.outcome, found.seen) == ("stays", 1)
    assert [call.outcome for call in found.again] == ["put back"]


def test_a_way_that_did_not_run_is_counted_as_such() -> None:
    found = reading.read("", WAYS, 0)
    assert summary(found)["named"] == {
        "ways": 1,
        "first called before job 100 of their process": 0,
        "seen the first time": 0,
        "seen again": 0,
        "first": {"not run": 1},
        "again": {},
    }
