"""The options that say how long the turns go on."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from benchmarks.beside.rounds import LEAST_ROUNDS, ROUNDS, Enough

UNTIL = (
    "Percent: go on until each interval is narrower, at least for"
    f" {LEAST_ROUNDS} rounds; a measurement that has got there takes no more turns."
)


def enough(command: Callable[..., Any]) -> Callable[..., Any]:
    """Options of a command, which is called with an Enough."""

    @click.option("--rounds", type=click.IntRange(1), default=ROUNDS, show_default=True)
    @click.option("--until", type=float, help=UNTIL)
    @click.option(
        "--minutes",
        type=float,
        default=60.0,
        show_default=True,
        help="After which that is given up.",
    )
    @wraps(command)
    def with_them(rounds: int, until: float | None, minutes: float, **others: Any) -> Any:
        return command(enough=Enough(rounds, until, minutes), **others)

    return with_them
