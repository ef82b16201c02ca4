"""URLs of brokers: as they may be shown, and which are one server."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

LOOPBACK = {"localhost": "127.0.0.1", "::1": "127.0.0.1", "": "127.0.0.1"}
REDIS_PORT = 6379


def without_password(url: str) -> str:
    """The URL as it may be shown in logs and errors."""
    parts = re.split(r";(?=\w+://)", url)
    hidden = ";".join(re.sub(r"(?<=://)[^@]*:.*@", "***@", part) for part in parts)
    return re.sub(r"(?<=password=)[^&]*", "***", hidden)


def same_server(url: str, other: str) -> bool:
    """Whether both URLs are one database of one Redis, whatever this machine is called in them."""
    return url == other or _server(url) == _server(other)


def _server(url: str) -> tuple[str, str, int, str]:
    parts = urlsplit(url)
    if parts.scheme not in ("redis", "rediss"):
        return url, "", 0, ""
    host = (parts.hostname or "").lower()
    database = parts.path.strip("/") or dict(parse_qsl(parts.query)).get("db", "0")
    return parts.scheme, LOOPBACK.get(host, host), parts.port or REDIS_PORT, database
