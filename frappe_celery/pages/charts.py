"""Bars over time as shapes that a template draws as SVG, without a script or a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 760, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 22
GRID_LINES = 4


@dataclass(frozen=True)
class Column:
    """What one column stands for."""

    label: str
    """What it is called where one points at it: `14:05: 12 finished`."""
    values: Sequence[int]
    """From the bottom up."""
    tick: str = ""
    """What stands below it."""


@dataclass(frozen=True)
class Bar:
    """A piece of a column."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True)
class Drawn:
    """A column with its pieces."""

    label: str
    bars: list[Bar]
    x: float
    width: float
    tick: str


@dataclass(frozen=True)
class Chart:
    """All of it, in the SVG's own units."""

    columns: list[Drawn]
    lines: list[tuple[float, int]]
    """Where each grid line is, and its number."""
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM
    """Where the plot ends."""
    tick_y: int = HEIGHT - 6


def stacked(columns: Sequence[Column]) -> Chart:
    """Columns from left to right, the values of each on top of each other."""
    most = round_up(max((sum(column.values) for column in columns), default=0))
    plot = HEIGHT - BOTTOM - TOP
    step = (WIDTH - LEFT - RIGHT) / max(1, len(columns))
    drawn = []
    for number, column in enumerate(columns):
        x, y, bars = LEFT + number * step, float(HEIGHT - BOTTOM), []
        for series, value in enumerate(column.values):
            height = value / most * plot
            y -= height
            if value:
                bars.append(
                    Bar(
                        round(x + step * 0.1, 2),
                        round(y, 2),
                        round(step * 0.8, 2),
                        round(height, 2),
                        series,
                    )
                )
        drawn.append(Drawn(column.label, bars, round(x, 2), round(step, 2), column.tick))
    numbers = sorted({most * line // GRID_LINES for line in range(GRID_LINES + 1)})
    lines = [(round(HEIGHT - BOTTOM - number / most * plot, 2), number) for number in numbers]
    return Chart(drawn, lines)


def round_up(number: int) -> int:
    """The next of 4, 8, 12, 16, 20, 24, 32, and these by tens: four lines divide it."""
    size = 1
    while True:
        for first in (4, 8, 12, 16, 20, 24, 32):
            if number <= first * size:
                return first * size
        size *= 10
