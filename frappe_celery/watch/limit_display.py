"""Limits and pauses in words."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from frappe_celery.config import settings
from frappe_celery.jobs.limits.rules import UNTIL_TOLD, Keeping, Limit, Rule

BY_COMMAND = "frappe-celery resume"
BY_BUTTON = "somebody resumes it"
"""What ends a pause without an end, for who reads a terminal and for who reads a page."""


def in_words(limit: Limit | Keeping, until: str = BY_COMMAND) -> str:
    """All that holds, `paused until …, 2 at once, 60 a minute`."""
    words = [] if limit.paused is None else [pause(limit.paused, until)]
    return ", ".join([*words, *([numbers(limit.rule)] if limit.rule.numbers else [])])


def numbers(rule: Rule) -> str:
    """`2 at once, 60 a minute`."""
    units = {"running": "at once", "per_minute": "a minute"}
    return ", ".join(f"{number} {units[name]}" for name, number in rule.numbers.items())


def pause(ends: float, until: str = BY_COMMAND) -> str:
    """`paused until …`; `ends` as `Limit.paused`."""
    if ends == UNTIL_TOLD:
        return f"paused until {until}"
    at = datetime.fromtimestamp(ends, ZoneInfo(settings.current().zone))
    return f"paused until {at:%Y-%m-%d %H:%M:%S %Z}"


def keeping(what: Keeping | None, until: str = BY_COMMAND) -> str | None:
    """`site:a.example: 4 at once`; None: nothing keeps the job back."""
    return what and f"{what.counter}: {in_words(what, until) or 'it goes on'}"


def said_by(limit: Limit) -> str:
    """Who limits or pauses it: code, configuration, or `hand` for a person."""
    return ", ".join(limit.said_by or ("hand",))
