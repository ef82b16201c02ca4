"""What was measured, for a person at a terminal and for a file: a line each row."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import click
from rich import box
from rich.console import Console
from rich.table import Table

from benchmarks.beside.ratio import Ratio, ratio
from benchmarks.beside.rounds import Pair, numbers
from benchmarks.beside.trees import Tree, described
from benchmarks.measurements import Measurement, Row
from benchmarks.report import figure

EXPLAINED = (
    "Medians of the turns. The ratio, this tree's to the commit's, is the geometric mean of the"
    " pairs' with Student's 95 % interval of their logarithms."
)
COLOURS = {"better": "green", "worse": "red", "": ""}


@dataclass(frozen=True)
class Line:
    row: Row
    theirs: float
    ours: float
    ratio: Ratio | None
    pairs: int

    @property
    def verdict(self) -> str:
        """'better' or 'worse' where the whole interval says so."""
        if self.ratio is None or self.ratio.low <= 1 <= self.ratio.high:
            return ""
        return "better" if (self.ratio.value > 1) == self.row.more_is_better else "worse"

    def words(self) -> tuple[str, ...]:
        """Title, the two values, ratio, interval, verdict, pairs."""
        found = self.ratio
        return (
            f"{self.row.title} ({self.row.unit})",
            figure(self.theirs),
            figure(self.ours),
            f"{found.value:.3f}" if found else "none",
            f"{found.low:.3f} to {found.high:.3f}" if found and self.pairs > 1 else "no interval",
            self.verdict,
            str(self.pairs),
        )


def show_facts(trees: tuple[Tree, Tree], facts: Mapping[str, str]) -> None:
    """Print what is compared, and what else is known before."""
    for name, value in {**{tree.name: described(tree) for tree in trees}, **facts}.items():
        click.echo(f"{name}: {value}")


def show(
    trees: tuple[Tree, Tree],
    measurements: Mapping[str, Measurement],
    pairs: dict[str, list[Pair]],
) -> None:
    """Print it, and what its numbers mean."""
    _show(trees[0].name, list(lines(measurements, pairs)))
    click.echo(EXPLAINED)


def _show(name: str, found: list[Line]) -> None:
    console = Console()
    if not console.is_terminal:
        for line in found:
            title, theirs, ours, ratio_, interval, verdict, number = line.words()
            said = f"{title}: {name} {theirs}, this tree {ours}, ratio {ratio_}"
            counted = f"{number} pair{'s' if line.pairs > 1 else ''}"
            click.echo(f"{said} ({interval}), {counted}{verdict and f', {verdict}'}")
        return
    table = Table(box=box.SIMPLE, padding=(0, 1, 0, 0))
    table.add_column("")
    for title in (name, "this tree", "ratio", "95 %", "", "pairs"):
        table.add_column(title, justify="left" if not title else "right", no_wrap=True)
    for line in found:
        table.add_row(*line.words(), style=COLOURS[line.verdict])
    console.print(table)


def lines(measurements: Mapping[str, Measurement], pairs: dict[str, list[Pair]]) -> Iterator[Line]:
    """Of those that were measured."""
    for name, measurement in measurements.items():
        for row in measurement.rows:
            if measured := numbers(row, pairs[name]):
                theirs, ours = (statistics.median(side) for side in zip(*measured, strict=True))
                yield Line(row, theirs, ours, ratio(measured), len(measured))
