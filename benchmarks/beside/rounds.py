"""The turns: commit, tree, tree, commit, commit … until it is enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import count

import click

from benchmarks.beside.ratio import ratio
from benchmarks.beside.trees import Tree
from benchmarks.measurements import Measurement, Row

Turn = Mapping[str, float]
Pair = tuple[Turn, Turn]
"""A turn of the commit and one of this tree, one after the other, in whichever order."""
Take = Callable[[Tree, str], Turn]
"""Of a tree, what a measurement of this name gives."""
ROUNDS = 5
LEAST_ROUNDS = 10
"""Before an interval that happens to be narrow is believed."""


@dataclass(frozen=True)
class Enough:
    rounds: int
    until: float | None = None
    """Percent: rounds go on until each interval is narrower."""
    minutes: float = 60.0
    """After which that is given up."""
    began: float = field(default_factory=time.monotonic)

    def reached(self, measurement: Measurement, pairs: list[Pair]) -> bool:
        """Whether a measurement needs no further round."""
        if self.until is None:
            return len(pairs) >= self.rounds
        if len(pairs) < max(self.rounds, LEAST_ROUNDS):
            return False
        if time.monotonic() - self.began > self.minutes * 60:
            return True
        found = [ratio(numbers(row, pairs)) for row in measurement.rows]
        return all(one is None or one.width * 100 < self.until for one in found)


def numbers(row: Row, pairs: list[Pair]) -> list[tuple[float, float]]:
    """A row's, of each pair."""
    return [(theirs[row.key], ours[row.key]) for theirs, ours in pairs]


def take_turns(
    measurements: Mapping[str, Measurement], trees: tuple[Tree, Tree], take: Take, enough: Enough
) -> dict[str, list[Pair]]:
    """The pairs of each measurement; those that are there when it is interrupted by Ctrl-C."""
    pairs: dict[str, list[Pair]] = {name: [] for name in measurements}
    try:
        for number in count():
            wanted = [n for n, one in measurements.items() if not enough.reached(one, pairs[n])]
            if not wanted:
                break
            for name in wanted:
                pairs[name].append(_pair(number, name, measurements[name], trees, take))
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
    return pairs


def _pair(
    number: int, name: str, measurement: Measurement, trees: tuple[Tree, Tree], take: Take
) -> Pair:
    turns: dict[str, Turn] = {}
    for tree in trees if number % 2 == 0 else reversed(trees):
        turns[tree.name] = turn = take(tree, name)
        shown = ", ".join(f"{row.key} {turn[row.key]:.4g} {row.unit}" for row in measurement.rows)
        click.echo(f"{name} {number + 1} {tree.name}: {shown}", err=True)
    theirs, ours = (turns[tree.name] for tree in trees)
    return theirs, ours
