"""The process that keeps the embedded server: starts it, starts it again when it dies, stops it
with its data saved once nobody uses it any more.

`server.ensure` runs it as a script, on the standard library alone so that it stays small. Users
hold a shared lock on the file `users`; the kernel lets go of it however a user ends, so that the
exclusive lock is to be had when the last one is gone.
"""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

CHECK_SECONDS = 0.5
STOP_SECONDS = 10
START_ATTEMPTS = 3
LOOPBACK = "127.0.0.1"


def main(folder: Path, binary: str) -> None:
    """Keep a server with its data in `folder` until its last user has gone."""
    _stop_server_of_a_killed_keeper(folder / "url")
    _detach()
    users = os.open(folder / "users", os.O_RDWR)
    server = _start(folder, binary)
    try:
        while is_held_by_others(users):
            time.sleep(CHECK_SECONDS)
            if server.poll() is not None:
                server = _start(folder, binary)
    finally:
        _stop(server)


def answers(url: str) -> bool:
    """Whether the server of that URL runs, takes its password and has loaded its data."""
    return _ask(url, "PING") == b"+OK\r\n+PONG\r\n+OK\r\n"


def _ask(url: str, command: str) -> bytes:
    """The server's replies to the password, the command and QUIT; nothing when none is there."""
    address = urlsplit(url)
    reply = b""
    try:
        with socket.create_connection((LOOPBACK, address.port or 0), timeout=1) as connection:
            connection.sendall(f"AUTH {address.password}\r\n{command}\r\nQUIT\r\n".encode())
            while received := connection.recv(1024):
                reply += received
    except OSError:
        return b""
    return reply


def _detach() -> None:
    """Leave the terminal and the process that started us, which may end before its fellows."""
    if os.fork():
        os._exit(0)
    os.setsid()
    os.chdir("/")
    os.umask(0o077)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))


def _start(folder: Path, binary: str) -> subprocess.Popen[bytes]:
    """Start on the port and with the password of last time, so that clients find it again."""
    remembered = folder / "url"
    address = urlsplit(remembered.read_text() if remembered.exists() else "")
    port, password = _free_port(address.port or 0), address.password or os.urandom(24).hex()
    for _ in range(START_ATTEMPTS):
        server = _launch(binary, _config(folder, port, password))
        url = f"redis://:{password}@{LOOPBACK}:{port}/0"
        while server.poll() is None:
            if answers(url):
                _write(remembered, url)
                return server
            time.sleep(0.02)
        port = _free_port()
    sys.exit(f"{binary} ended {START_ATTEMPTS} times while starting")


def _launch(binary: str, config: str) -> subprocess.Popen[bytes]:
    """The configuration goes in through a pipe: the password is in no argument and no file."""
    server = subprocess.Popen([binary, "-"], stdin=subprocess.PIPE, bufsize=0)
    if server.stdin:
        with suppress(BrokenPipeError), server.stdin:
            server.stdin.write(config.encode())
    return server


def _config(folder: Path, port: int, password: str) -> str:
    """The append-only file holds plain commands: any version of Redis or Valkey can load it."""
    data = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    return f"""
bind {LOOPBACK}
port {port}
requirepass {password}
dir "{data}"
save ""
appendonly yes
appendfsync everysec
aof-use-rdb-preamble no
"""


def _free_port(wanted: int = 0) -> int:
    """The wanted port, when nobody has it, else any."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, wanted))
        except OSError:
            probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _write(path: Path, text: str) -> None:
    """In one step, so that a reader sees the old text or the new one."""
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)


def is_held_by_others(lock: int) -> bool:
    """Whether others have the lock on that file; else we have it now, and nobody beside us."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def _stop(server: subprocess.Popen[bytes]) -> None:
    """SIGTERM has it write what is not on disk yet; killed only when that does not end."""
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _stop_server_of_a_killed_keeper(remembered: Path) -> None:
    url = remembered.read_text() if remembered.exists() else ""
    deadline = time.monotonic() + STOP_SECONDS
    while url and answers(url):
        _ask(url, "SHUTDOWN")
        if time.monotonic() > deadline:
            sys.exit("the server that a killed keeper left behind does not stop")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
