"""Times, limits and pauses in people's words."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from frappe_celery.config import settings
from frappe_celery.jobs.limits.rules import UNTIL_TOLD, Keeping, Limit, Rule

BY_COMMAND = "frappe-celery limits resume"
BY_BUTTON = "somebody resumes it"
"""What ends a pause without an end, for who reads a terminal and for who reads a page."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def some_of(names: Sequence[str], most: int = 20) -> str:
    """`a, b and 3 more`."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def cut(text: str, most: int) -> str:
    """A text, or how a longer one begins and how long it is."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} signs)"


def span(value: str) -> float | None:
    """Seconds, of a number and a unit as in `30m`; None: it is no such text."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", value)
    return float(found[1]) * _UNITS[found[2]] if found else None


def instant(value: str, zone: str | None = None) -> float:
    """A time as seconds since the epoch: `2h` ago, or 2026-03-29T01:30, with an offset or without.

    Without one it is in that zone; None: in that of the settings.

    Raises:
        ValueError: neither; says what to write.
    """
    ago = span(value)
    if ago is not None:
        return time.time() - ago
    try:
        at = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(
            f"{value!r} is no time; write 30m, 2h or 7d for so long ago, or 2026-03-29T01:30"
        ) from None
    if at.utcoffset() is None:
        at = at.replace(tzinfo=ZoneInfo(zone or settings.current().zone))
    return at.timestamp()


def moment(at: float, zone: bool = False) -> str:
    """Seconds since the epoch on the wall, in the zone of the settings, with its name if asked."""
    there = datetime.fromtimestamp(at, ZoneInfo(settings.current().zone))
    return f"{there:%Y-%m-%d %H:%M:%S %Z}" if zone else f"{there:%Y-%m-%d %H:%M:%S}"


def clock(at: datetime | None) -> str:
    """A record's time (naive UTC) on the wall."""
    return moment(at.replace(tzinfo=timezone.utc).timestamp()) if at else ""


def duration(seconds: float | None) -> str:
    """12 ms, 3.4 s, 5 min, 2.5 h, 3.1 days."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    size, unit = unit_of(seconds)
    return f"{seconds / size:.1f} {unit}"


def unit_of(seconds: float) -> tuple[int, str]:
    """In which so many seconds are told, from a second on: how long it is, and its name."""
    units = (86400, "days"), (3600, "h"), (60, "min")
    return next((one for one in units if seconds >= 2 * one[0]), (1, "s"))


def in_words(limit: Limit | Keeping, until: str = BY_COMMAND) -> str:
    """All that holds, `paused until …, 2 at once, 60 a minute`."""
    paused = "" if limit.paused is None else pause(limit.paused, until)
    return ", ".join(filter(None, (paused, numbers(limit.rule))))


def numbers(rule: Rule) -> str:
    """`2 at once, 60 a minute`."""
    units = {"running": "at once", "per_minute": "a minute"}
    return ", ".join(f"{number} {units[name]}" for name, number in rule.numbers.items())


def pause(ends: float, until: str = BY_COMMAND) -> str:
    """`paused until …`; `ends` as `Limit.paused`."""
    if ends == UNTIL_TOLD:
        return f"paused until {until}"
    return f"paused until {moment(ends, zone=True)}"


def keeping(what: Keeping | None, until: str = BY_COMMAND) -> str | None:
    """`site:a.example: 4 at once`; None: nothing keeps the job back."""
    if what and what.counter.startswith("away:"):
        return f"the database of site {what.counter.partition(':')[2]} is away"
    return what and f"{what.counter}: {in_words(what, until) or 'it goes on'}"


def said_by(limit: Limit) -> str:
    """Who limits or pauses it: code, configuration, or `hand` for a person."""
    return ", ".join(limit.said_by or ("hand",))
