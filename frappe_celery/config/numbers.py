"""Whether a value of a configuration is a number: true and false are none, though Python's are."""

from __future__ import annotations

from typing import Any, TypeGuard


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[int | float]:
    """A whole number or one with decimals."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
