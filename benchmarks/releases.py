"""`python -m benchmarks.releases`: commits of this tree in one run, each beside the first."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from textwrap import shorten

import click

from benchmarks import machine
from benchmarks.beside import places, trees
from benchmarks.beside.measurements import MEASUREMENTS
from benchmarks.beside.ratio import ratio
from benchmarks.beside.rounds import Turn
from benchmarks.report import figure

COMMITS = ("8a5184c", "c019c3b6", "13a00b64", "0d06a09f", "78351c14", "087ce5f7", "HEAD")
"""The one that the others are compared with, then what was measured by itself when it was new."""
MEASURED = ("two", "start", "calls")
ROUNDS = 4
EXPLAINED = (
    "Medians of the rounds; in brackets the ratio to the first commit, the geometric mean of the"
    " rounds' ratios with Student's 95 % interval of their logarithms. README.md says how each"
    " column is measured. `./dev bench --releases` makes this table, oldest commit first."
)

Figures = Mapping[str, Sequence[Turn]]
"""Commit → what each round gave, by the row's key and measurement: 'two.rate'."""


@click.command()
@click.option("--releases", is_flag=True, hidden=True)  # how ./dev bench leads here
@click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
@click.option("--scale", type=float, default=1.0, help="Of every turn's size.")
@click.option("--commit", "commits", multiple=True, help="In place of those in the list.")
@click.option("--output", type=click.Path(path_type=Path), help="Default: none.")
def main(
    releases: bool, rounds: int, scale: float, commits: tuple[str, ...], output: Path | None
) -> None:
    """Measure commits of this tree by turns."""
    machine.warn_where_busy()
    facts = {"Date": date.today().isoformat(), **machine.describe(), "Rounds": str(rounds)}
    with ExitStack() as stack, machine.shared() as others:
        found = [stack.enter_context(trees.at(commit)) for commit in commits or COMMITS]
        place = places.standalone(found, scale, hiredis=True)
        take, said = stack.enter_context(place)
        figures: dict[str, list[Turn]] = {tree.name: [] for tree in found}
        for number in range(rounds):
            for tree in found if number % 2 == 0 else reversed(found):
                turns = {name: take(tree, name) for name in MEASURED}
                figures[tree.name].append(
                    {
                        f"{name}.{key}": value
                        for name in MEASURED
                        for key, value in turns[name].items()
                    }
                )
                click.echo(f"{number + 1}/{rounds} {tree.name}: {figures[tree.name][-1]}", err=True)
        described = {tree.name: shorten(trees.described(tree), 60) for tree in found}
    facts |= {"Server": said["Server"], "Machine": others.told()}
    text = _text(figures, described, facts)
    click.echo(text)
    if output:
        output.write_text(text, encoding="utf-8")


def _text(figures: Figures, described: Mapping[str, str], facts: Mapping[str, str]) -> str:
    lines = [f"- {name}: {value}" for name, value in facts.items()]
    return (
        "\n".join(
            [
                "# Commits, beside the first",
                "",
                *lines,
                "",
                EXPLAINED,
                "",
                *table(figures, described),
            ]
        )
        + "\n"
    )


def table(figures: Figures, described: Mapping[str, str]) -> list[str]:
    """A line of Markdown for each commit."""
    rows = {f"{name}.{row.key}": row for name in MEASURED for row in MEASUREMENTS[name].rows}
    first = next(iter(figures.values()))
    lines = [
        ["commit", *(f"{row.title} ({row.unit})" for row in rows.values())],
        ["---", *("---:" for _ in rows)],
    ]
    lines += [
        [described[name], *(_cell(key, turns, first) for key in rows)]
        for name, turns in figures.items()
    ]
    return ["| " + " | ".join(cells) + " |" for cells in lines]


def _cell(key: str, turns: Sequence[Turn], first: Sequence[Turn]) -> str:
    """'2,675 (0.918, 0.888 to 0.949)'."""
    middle = figure(statistics.median(turn[key] for turn in turns))
    found = ratio([(theirs[key], ours[key]) for theirs, ours in zip(first, turns, strict=True)])
    if turns is first or found is None:
        return middle
    interval = f", {found.low:.3f} to {found.high:.3f}" if len(turns) > 1 else ""
    return f"{middle} ({found.value:.3f}{interval})"


if __name__ == "__main__":
    main()
