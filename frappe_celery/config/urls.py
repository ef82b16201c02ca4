"""URLs of brokers, as they may be shown."""

from __future__ import annotations

import re


def without_password(url: str) -> str:
    """The URL as it may be shown in logs and errors."""
    parts = re.split(r";(?=\w+://)", url)
    hidden = ";".join(re.sub(r"(?<=://)[^@]*:.*@", "***@", part) for part in parts)
    return re.sub(r"(?<=password=)[^&]*", "***", hidden)
