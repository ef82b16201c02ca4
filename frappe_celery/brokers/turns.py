"""Turns of a worker's event loop, in each of which it hands messages over and then goes on at once.

kombu's loop first does what was to be done soon (acknowledgements), then calls what takes part in
each turn, in no order (a pool passes on to its processes what it was given), then waits until it
hears something: what was handed over, and what a thread has done, would lie until the next timer.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

AT_ONCE = 1000
"""Messages that are handed over in one turn of the loop, which has other work too."""


@cache
def _bell() -> tuple[int, int]:
    """This process's pipe: where it is heard, and where it is rung."""
    heard, rung = os.pipe()
    os.set_blocking(rung, False)
    return heard, rung


def wake() -> None:
    """Have the loop begin its next turn; any thread may."""
    with suppress(BlockingIOError):  # it has been rung often enough
        os.write(_bell()[1], b"\0")


def hear(loop: Any) -> None:
    """Have this loop be woken."""
    heard, _ = _bell()
    loop.add_reader(heard, os.read, heard, AT_ONCE)


def hand_over(fetch: Callable[[], bool]) -> None:
    """Called in each turn: `fetch` hands one message over, and says whether there was one."""
    handed_over = next((number for number in range(AT_ONCE) if not fetch()), AT_ONCE)
    if handed_over:
        wake()
