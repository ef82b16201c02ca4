"""What Python imports at the start of each process that the harness starts in a bench.

The hook of `frappe-celery enable`, for the side that runs on Celery: the bench need not be switched
on. And, where asked for, a network that ends at this machine.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
from typing import Any

HOOK = "frappe_celery_hook"
MAIL_PORTS = (25, 465, 587)


def arm() -> None:
    """As the `.pth` of a bench that is switched on, which runs before this."""
    if HOOK in sys.modules:
        return
    path = os.environ["BENCHMARK_HOOK"]
    spec = importlib.util.spec_from_file_location(HOOK, path)
    assert spec
    assert spec.loader
    sys.modules[HOOK] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def catch_network() -> None:
    """Nothing is reached but servers of this machine, and no mail server even here."""
    connect, lookup = socket.socket.connect, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            host, port = address[:2]
            if not _is_here(host) or port in MAIL_PORTS:
                raise ConnectionRefusedError(f"caught by the benchmark: {host}:{port}")
        connect(self, address)

    def guarded_lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        if not _is_here(host):
            raise socket.gaierror(f"caught by the benchmark: {host}")
        return lookup(host, *args, **kwargs)

    socket.socket.connect = guarded_connect  # type: ignore[assignment,method-assign]
    socket.getaddrinfo = guarded_lookup


def _is_here(host: Any) -> bool:
    return host in (None, "", "localhost", "::1", "0.0.0.0") or str(host).startswith("127.")


if "BENCHMARK_HOOK" in os.environ:
    arm()
if "BENCHMARK_CAUGHT_NETWORK" in os.environ:
    catch_network()
