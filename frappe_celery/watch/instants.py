"""Times as people write them when they look for jobs."""

from __future__ import annotations

import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from frappe_celery.config import settings

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def span(value: str) -> float | None:
    """Seconds, of a number and a unit as in `30m`; None: it is no such text."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", value)
    return float(found[1]) * _UNITS[found[2]] if found else None


def instant(value: str) -> float:
    """A time as seconds since the epoch: `2h` ago, or 2026-03-29T01:30, with an offset or without.

    Without one it is in the zone of the settings.

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
        at = at.replace(tzinfo=ZoneInfo(settings.current().zone))
    return at.timestamp()
