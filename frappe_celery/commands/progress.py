"""How far a command is: on the terminal of who waits for it, nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def counted_off(chosen: Sequence[T], done: str) -> Iterable[T]:
    """Each of them, with a bar of how many are `done`."""
    from rich.progress import track

    return track(chosen, done, console=_terminal(), transient=True)


@contextmanager
def looking() -> Iterator[Callable[[int], None]]:
    """While jobs are looked through: call it with how many have been."""
    if not sys.stderr.isatty():  # a script, which does not wait for rich to be imported
        yield lambda seen: None
        return
    with _terminal().status("") as status:
        yield lambda seen: status.update(f"{seen:,} jobs looked through")


def _terminal() -> Any:
    from rich.console import Console

    return Console(file=sys.__stderr__)  # which takes a terminal's orders
