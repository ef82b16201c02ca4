"""Calls of Python functions, counted."""

from __future__ import annotations

from benchmarks.counting import counted


def inner() -> int:
    return len("built-in functions do not count")


def work() -> None:
    for _ in range(10):
        inner()


def test_each_call_counts() -> None:
    assert counted(work) - counted(inner) == 10
