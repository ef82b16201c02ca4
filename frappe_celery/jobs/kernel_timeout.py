"""Sockets whose timeout the kernel keeps, instead of Python.

Python asks (`poll`) before each `recv` and `send` of a socket that has a timeout: a sixth of what a
round trip to a server on the same machine takes.
"""

from __future__ import annotations

import os
import socket
import ssl
import struct
from typing import Any

from redis.exceptions import ConnectionError as RedisConnectionError


def take_over(connection: Any) -> None:
    """Give a redis-py connection's socket its timeout in the kernel, where that is possible.

    A socket of gevent or eventlet never waits in the kernel, and TLS has more than one `recv`.
    """
    sock = connection._sock
    seconds = sock.gettimeout()
    if not seconds or isinstance(sock, ssl.SSLSocket):
        return
    sock.settimeout(None)
    if not os.get_blocking(sock.fileno()):
        sock.settimeout(seconds)
        return
    whole, rest = divmod(round(seconds * 1e6), 10**6)
    timeval = struct.pack("ll", whole, rest)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, timeval)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeval)


def was_reached(exc: BaseException) -> bool:
    """Whether redis-py's error is that of such a socket's timeout, which it does not know."""
    return isinstance(exc, RedisConnectionError) and isinstance(exc.__context__, BlockingIOError)
