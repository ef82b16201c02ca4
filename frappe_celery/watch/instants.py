"""Times as people write them when they look for jobs."""

from __future__ import annotations

import re
import time
from datetime import datetime
from zoneinfo import ZoneInfo

from frappe_celery.config import settings

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}


def instant(value: str) -> float:
    """A time as seconds since the epoch: `2h` ago, or 2026-03-29T01:30, with an offset or without.

    Without one it is in the zone of the settings.

    Raises:
        ValueError: neither; says what to write.
    """
    ago = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", value)
    if ago:
        return time.time() - float(ago[1]) * _UNITS[ago[2]]
    try:
        at = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(
            f"{value!r} is no time; write 30m, 2h or 7d for so long ago, or 2026-03-29T01:30"
        ) from None
    if at.utcoffset() is None:
        at = at.replace(tzinfo=ZoneInfo(settings.current().zone))
    return at.timestamp()
