"""What a number must be, of a configuration or of a caller; and a timeout, which may be a text.

True and false are no numbers, though Python's are.
"""

from __future__ import annotations

import re
from typing import Any, TypeGuard

from frappe_celery.errors import BadTimeout, ConfigError

GRACE_SECONDS = 60
"""A job still alive this long after its timeout is killed (as RQ's monitor does)."""
MOST_SHOWN = 200
"""Characters of a value in an error."""
LONGEST_TIMEOUT = 10**9
"""Seconds: 31 years, near the most that a timer of the operating system takes."""
_TIMEOUT_TEXT = re.compile(r"(-1|\d{1,12})([smhd]?)", re.ASCII | re.IGNORECASE)
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


def is_whole(value: Any) -> TypeGuard[int]:
    """Whether it is a whole number; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> TypeGuard[int | float]:
    """A whole number or one with decimals."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def require(is_right: bool, name: str, value: Any, words: str) -> None:
    """Raises ConfigError where a value is wrong; `words` say what it must be."""
    if not is_right:
        raise ConfigError(f"{name} is {shown(value)}; it must be {words}")


def shown(value: Any) -> str:
    """A value as an error shows it: of a long one the beginning."""
    text = repr(value)
    more = len(text) - MOST_SHOWN
    return text if more <= 0 else f"{text[:MOST_SHOWN]}… (and {more:,} characters more)"


def seconds_of(timeout: Any, default: int) -> int:
    """A job's timeout in seconds, -1 for none; takes what RQ takes, '1h' forms too.

    Raises:
        BadTimeout: anything else.
    """
    if timeout is None:
        return default
    seconds = timeout
    if isinstance(timeout, str) and (text := _TIMEOUT_TEXT.fullmatch(timeout)):
        seconds = int(text[1]) * _UNITS[text[2].lower()]
    elif isinstance(timeout, float) and 0 < timeout <= LONGEST_TIMEOUT:
        seconds = max(1, round(timeout))
    if is_whole(seconds) and (seconds == -1 or 0 < seconds <= LONGEST_TIMEOUT):
        return int(seconds)
    raise BadTimeout(
        f"timeout is {shown(timeout)}; it must be a positive number of seconds, -1 for none,"
        " or a text such as '90s', '30m', '1h' or '2d'"
    )
