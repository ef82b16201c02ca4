"""`frappe.deprecation_dumpster`: how Frappe and its apps warn of what will go."""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from typing import Any


class Color:
    """Numbers of a terminal's colours, for `colorize`."""

    RED = 91
    YELLOW = 93
    CYAN = 96


def colorize(text: str, color_code: int) -> str:
    """In colour, where the output is a terminal."""
    return f"\033[{color_code}m{text}\033[0m" if sys.stdout.isatty() else text


class FrappeDeprecationWarning(Warning):
    """Of something that the next version will not have."""


def _deprecated(
    message: str, category: type[Warning] = FrappeDeprecationWarning, stacklevel: int = 1
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: each call of the function warns with the message."""

    def warning(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            said = f"{function.__name__} is deprecated.\n{message}"
            warnings.warn(said, category, stacklevel + 1)
            return function(*args, **kwargs)

        return call

    return warning


def deprecated(func: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator without arguments: each call warns."""
    return _deprecated("It will be removed in a future version.")(func)
