"""How far a command is: on the terminal of who waits for it, nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console

T = TypeVar("T")


def counted_off(chosen: Sequence[T], done: str) -> Iterable[T]:
    """Each of them, with a bar of how many are `done`."""
    from rich.progress import track

    return track(chosen, done, console=Console(stderr=True), transient=True)


@contextmanager
def looking() -> Iterator[Callable[[int], None]]:
    """While jobs are looked through: call it with how many have been."""
    with Console(stderr=True).status("") as status:
        yield lambda seen: status.update(f"{seen:,} jobs looked through")
