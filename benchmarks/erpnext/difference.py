"""What two end states have not in common, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

State = Mapping[str, Sequence[Sequence[Any]]]
"""Kind of record → rows of values, the last of which is how many are alike."""


def differences(expected: State, found: State) -> list[str]:
    """A line for each kind of record that differs; none: they are equal."""
    lines = []
    for kind in expected:
        wanted, there = _counted(expected[kind]), _counted(found[kind])
        missing, more = wanted - there, there - wanted
        if missing or more:
            example = ", ".join(next(iter(missing or more)))
            lines.append(
                f"{kind}: {missing.total()} missing, {more.total()} more, such as"
                f" {'the missing' if missing else 'the'} ({example})"
            )
    return lines


def _counted(rows: Sequence[Sequence[Any]]) -> Counter[tuple[str, ...]]:
    counted: Counter[tuple[str, ...]] = Counter()
    for *values, number in rows:
        counted[tuple(values)] += int(number)
    return counted
