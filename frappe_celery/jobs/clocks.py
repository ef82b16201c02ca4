"""Machines whose clock differs from the Redis server's, as their processes see it.

Jobs are dated by who enqueues and who runs them; what is due, leased or alive goes by the server.
"""

from __future__ import annotations

import json
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs.redis_keys import Keys

DIFFER_SECONDS = 5.0
"""As in `enqueue.lua`."""
TOLD_FOR_SECONDS = 3600.0
AGAIN_SECONDS = 60.0
"""How soon a process tells it once more."""

_again = 0.0


@dataclass(frozen=True)
class Clock:
    """One machine's, that is wrong."""

    machine: str
    ahead: float
    """Seconds; below 0: it is behind."""
    at: float
    """When that was seen, seconds since the epoch, by the server's clock."""


def server_time(client: Any) -> float:
    """Of a Redis, in seconds since the epoch; raises BrokerUnreachable."""
    seconds, microseconds = client.time()
    return float(seconds + microseconds / 1e6)


def compare(client: Any, keys: Keys, server: float) -> None:
    """Note this machine's clock where it differs from what the server's says now."""
    global _again
    ahead = time.time() - server
    if abs(ahead) <= DIFFER_SECONDS or time.monotonic() < _again:
        return
    _again = time.monotonic() + AGAIN_SECONDS
    with suppress(BrokerUnreachable):  # whatever this was seen beside has been done
        client.hset(keys.clocks, socket.gethostname(), json.dumps([ahead, server]))


def wrong(client: Any, keys: Keys, now: float) -> list[Clock]:
    """Those of the last hour, by machine; raises BrokerUnreachable."""
    told = sorted(client.hgetall(keys.clocks).items())
    found = [Clock(machine.decode(), *json.loads(text)) for machine, text in told]
    return [one for one in found if one.at > now - TOLD_FOR_SECONDS]
