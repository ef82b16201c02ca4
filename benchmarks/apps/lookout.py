"""The register of ways: outside of the app, so that looking is no part of what apps hold."""

from __future__ import annotations

import os
import posix
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

RECORD = os.environ.get("WAYS_RECORD", os.devnull)
"""The file in which every job leaves a line, in the order in which they ended."""
LAST = f"{RECORD}.last"
"""The file that has which way was the last that was left, in any process."""
WIDTH = 120


class Way(NamedTuple):
    """One way of leaving something."""

    method: str
    """The job that leaves it, called with a text that no other job has."""
    look: Callable[[], object]
    """What a job sees of it; something false: nothing."""
    rule: str
    """Why a worker is to leave it as it is; empty: it is not."""
    is_named: bool
    """Whether issue 43 names it, or its kind."""
    leaves_from: int
    """The job of the method that is the first to leave something."""


WAYS: dict[str, Way] = {}
"""By the module and the method's name."""
Look = Callable[[], object]


def way(
    look: Look, *, leaves_from: int = 1, rule: str = "", is_named: bool = True
) -> Callable[[Any], Any]:
    """Registers the method below it, which stays as it is written."""

    def register(method: Any) -> Any:
        path = f"{method.__module__}.{method.__name__}"
        name = path.partition(".")[2]
        assert name not in WAYS, name
        WAYS[name] = Way(path, look, rule, is_named, leaves_from)
        return method

    return register


def beyond(look: Look, **about: Any) -> Callable[[Any], Any]:
    """A way that the issue does not name."""
    return way(look, is_named=False, **about)


def by_rule(look: Look, rule: str) -> Callable[[Any], Any]:
    """A way that a worker is to leave as it is, and why."""
    return way(look, rule=rule)


def sees(name: str) -> str:
    """What a job sees of a way; empty: nothing."""
    try:
        found = WAYS[name].look()
    except Exception as exc:
        found = f"{type(exc).__name__}: {exc}"
    return " ".join(str(found)[:60].split()) if found else ""


def look() -> tuple[str, str, str]:
    """The way that was left the last, by which call, and what is seen of it; empty: none was."""
    file = posix.open(LAST, posix.O_RDONLY | posix.O_CREAT, 0o644)
    try:
        way, _, number = posix.read(file, WIDTH).decode().strip().partition(" ")
    finally:
        posix.close(file)
    return (way, number, sees(way)) if way else ("", "", "")


def tell(way: str, number: str) -> None:
    """A way was left, by that call."""
    _write(LAST, f"{way} {number}".ljust(WIDTH), posix.O_CREAT)


def record(*fields: Any) -> None:
    """Leave a line."""
    _write(RECORD, "\t".join(map(str, (posix.getpid(), *fields))) + "\n", posix.O_APPEND)


def _write(path: str, text: str, how: int) -> None:
    """By the system's own calls, whatever was done to Python's."""
    file = posix.open(path, posix.O_WRONLY | how, 0o644)
    try:
        posix.write(file, text.encode())
    finally:
        posix.close(file)


def raised() -> str:
    """The type of the error that a method which ends just now raised."""
    kind = sys.exc_info()[0]
    return kind.__name__ if kind else ""
