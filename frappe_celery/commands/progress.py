"""How far a command is that takes long: on the terminal of who waits for it, nowhere else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


def counted_off(what: list[T], done: str) -> Iterable[T]:
    """Each of `what`, with a bar of how many are `done`."""
    from rich.progress import track

    return track(what, done, console=_terminal(), transient=True)


@contextmanager
def looking() -> Iterator[Callable[[int], None]]:
    """While jobs are looked through: call it with how many have been."""
    if not sys.stderr.isatty():  # a script, which does not wait for rich to be imported
        yield lambda seen: None
        return
    status = _terminal().status("")

    def tell(seen: int) -> None:
        status.update(f"{seen:,} jobs looked through")
        status.start()

    try:
        yield tell
    finally:
        status.stop()


def _terminal() -> Any:
    from rich.console import Console

    return Console(stderr=True)
