"""URLs of brokers: as they may be shown, and which are one server."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlsplit

LOOPBACK = {"localhost": "127.0.0.1", "::1": "127.0.0.1", "": "127.0.0.1"}
PORTS = {"redis": 6379, "rediss": 6379, "amqp": 5672, "pyamqp": 5672, "amqps": 5671}


def without_password(url: str) -> str:
    """The URL as it may be shown in logs and errors."""
    parts = re.split(r";(?=\w+://)", url)
    hidden = ";".join(re.sub(r"(?<=://)[^@]*:.*@", "***@", part) for part in parts)
    return re.sub(r"(?<=password=)[^&]*", "***", hidden)


def same_server(url: str, other: str) -> bool:
    """Whether both are one database of one Redis, or one virtual host of one RabbitMQ.

    Whatever this machine is called in them, and whoever logs in.
    """
    return url == other or _server(url) == _server(other)


def _server(url: str) -> tuple[str, str, int, str]:
    parts = urlsplit(url)
    if parts.scheme not in PORTS:
        return url, "", 0, ""
    host = (parts.hostname or "").lower()
    port = parts.port or PORTS[parts.scheme]
    part = parts.path.strip("/")
    if parts.scheme.startswith("redis"):
        part = part or dict(parse_qsl(parts.query)).get("db", "0")
    else:
        part = unquote(part) or "/"
    return parts.scheme.removeprefix("py"), LOOPBACK.get(host, host), port, part
