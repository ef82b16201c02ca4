"""What a value of a configuration must be. True and false are no numbers, though Python's are."""

from __future__ import annotations

from typing import Any, TypeGuard

from frappe_celery.errors import ConfigError


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[int | float]:
    """A whole number or one with decimals."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def require(is_right: bool, name: str, value: Any, words: str) -> None:
    """Raises ConfigError where a value is wrong; `words` say what it must be."""
    if not is_right:
        raise ConfigError(f"{name} is {value!r}; it must be {words}")
