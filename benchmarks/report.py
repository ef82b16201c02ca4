"""From the turns' figures to a table in Markdown: medians, spread, ratios."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.measurements import ROWS, Row
from benchmarks.sides import TITLES

Rows = Mapping[str, Sequence[Row]]

Figures = Mapping[str, Mapping[str, Sequence[Mapping[str, float]]]]
"""Measurement → side → one dictionary of row key → number for each round."""

OURS = "frappe_celery"


def results(
    figures: Figures, facts: Mapping[str, str], title: str = "Results", rows: Rows = ROWS
) -> str:
    """The whole of RESULTS.md."""
    lines = [f"# {title}", "", *(f"- {name}: {value}" for name, value in facts.items()), ""]
    lines += [
        "Median of the rounds (lowest to highest round). Ratios are taken within each round, ours"
        " to the other's, and shown the same way. README.md says how each line is measured.",
        "",
        *table(figures, rows),
    ]
    return "\n".join(lines) + "\n"


def table(figures: Figures, wanted: Rows = ROWS) -> list[str]:
    sides = [name for name in TITLES if any(name in measured for measured in figures.values())]
    others = [name for name in sides if name != OURS] if OURS in sides else []
    head = ["", *(TITLES[name] for name in sides), *(f"ours to {TITLES[o]}" for o in others)]
    rows = [_cells(row, figures[what], sides, others) for what in figures for row in wanted[what]]
    rule = ["---", *("---:" for _ in head[1:])]
    return ["| " + " | ".join(cells) + " |" for cells in (head, rule, *rows)]


def _cells(
    row: Row,
    measured: Mapping[str, Sequence[Mapping[str, float]]],
    sides: Sequence[str],
    others: Sequence[str],
) -> list[str]:
    numbers = {side: [turn[row.key] for turn in measured.get(side, ())] for side in sides}
    cells = [f"{row.title} ({row.unit}, {'more' if row.more_is_better else 'less'} is better)"]
    cells += [summary(numbers[side]) for side in sides]
    for other in others:
        pairs = zip(numbers[OURS], numbers[other], strict=bool(numbers[other]))
        cells.append(summary([ours / theirs for ours, theirs in pairs if theirs], " times"))
    return cells


def summary(numbers: Sequence[float], sign: str = "") -> str:
    """'2,310 (2,250 to 2,402)'."""
    if not numbers:
        return "not measured"
    middle, low, high = statistics.median(numbers), min(numbers), max(numbers)
    return f"{figure(middle)}{sign} ({figure(low)} to {figure(high)})"


def figure(number: float) -> str:
    """Three digits that count."""
    if number >= 100:
        return f"{number:,.0f}"
    return f"{number:.1f}" if number >= 10 else f"{number:.2f}"
