"""Ports for the servers of tests, below those that the system gives to connections: so a server
that was killed finds its port again, and nobody connects to itself where nothing listens.
"""

from __future__ import annotations

import itertools
import socket
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LOOPBACK = "127.0.0.1"
BLOCK = 400


def free_port() -> int:
    """One of this process's own; none is given again before all others of its block were."""
    for port in _ports():
        if holder := _held(port):
            holder.close()
            return port
    raise RuntimeError("unreachable: the ports come round")


@cache
def _ports() -> Iterator[int]:
    first = _claim().getsockname()[1]
    return itertools.cycle(range(first + 1, first + BLOCK))


@cache
def _claim() -> socket.socket:
    """A block is its who holds its first port, until that process ends: no two test processes
    have the same, those of another run on the machine among them.
    """
    for first in range(_lowest_of_the_system() - BLOCK, 1024, -BLOCK):
        if claim := _held(first):
            return claim
    raise RuntimeError("Every block of ports is held: do that many tests run at once?")


def _held(port: int) -> socket.socket | None:
    """The port, as long as the socket lives; None when somebody has it."""
    holder = socket.socket()
    try:
        holder.bind((LOOPBACK, port))
    except OSError:
        holder.close()
        return None
    return holder


def _lowest_of_the_system() -> int:
    """As Linux says; where it begins so low that nothing is left, and on macOS, its usual one."""
    file = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(file.read_text().split()[0]) if file.exists() else 0
    return lowest if lowest > 10_000 else 32_768
