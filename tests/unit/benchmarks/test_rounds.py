"""Two trees take turns until it is enough."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.beside.rounds import LEAST_ROUNDS, Enough, take_turns
from benchmarks.beside.trees import Tree
from benchmarks.measurements import Measurement, Row

TREES = (Tree("old", Path("old"), "python"), Tree("new", Path("new"), "python"))
STEADY = Measurement("steady", (Row("rate", "rate", "jobs/s", True),))
MEASUREMENTS = {"steady": STEADY, "shaky": STEADY}


class Turns:
    """Gives 100 and 110, which shake by `by` a turn."""

    def __init__(self, by: float = 0.0) -> None:
        self.by = by
        self.taken: list[tuple[str, str]] = []

    def take(self, tree: Tree, name: str) -> dict[str, float]:
        self.taken.append((tree.name, name))
        shaken = self.by * (len(self.taken) % 3) if name == "shaky" else 0.0
        return {"rate": (100 if tree.name == "old" else 110) + shaken}

    def of(self, name: str) -> list[str]:
        return [tree for tree, of in self.taken if of == name]


def test_each_goes_first_as_often_as_the_other() -> None:
    turns = Turns()
    pairs = take_turns({"steady": STEADY}, TREES, turns.take, Enough(rounds=4))
    assert turns.of("steady") == ["old", "new", "new", "old"] * 2
    assert pairs == {"steady": [({"rate": 100}, {"rate": 110})] * 4}


def test_a_round_has_a_pair_of_each_measurement() -> None:
    turns = Turns()
    take_turns(MEASUREMENTS, TREES, turns.take, Enough(rounds=1))
    assert [name for _, name in turns.taken] == ["steady", "steady", "shaky", "shaky"]


def test_rounds_go_on_for_what_is_not_yet_sure() -> None:
    turns = Turns(by=5.0)
    pairs = take_turns(MEASUREMENTS, TREES, turns.take, Enough(rounds=1, until=2.0))
    assert len(pairs["steady"]) == LEAST_ROUNDS
    assert len(pairs["shaky"]) > LEAST_ROUNDS


def test_it_is_given_up_after_the_minutes() -> None:
    turns = Turns(by=50.0)
    pairs = take_turns(MEASUREMENTS, TREES, turns.take, Enough(rounds=1, until=0.1, minutes=0.0))
    assert len(pairs["shaky"]) == LEAST_ROUNDS


def test_what_was_measured_before_ctrl_c_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    turns = Turns()

    def take(tree: Tree, name: str) -> dict[str, float]:
        if len(turns.taken) == 5:
            raise KeyboardInterrupt
        return turns.take(tree, name)

    pairs = take_turns({"steady": STEADY}, TREES, take, Enough(rounds=9))
    assert len(pairs["steady"]) == 2
    assert capsys.readouterr().err.endswith("interrupted\n")
