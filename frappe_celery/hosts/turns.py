"""Turns: jobs of a method that keep meeting in deadlocks run one by one on a machine, for a while.

Where each job of a method changes the same row (ERPNext: the month's sales of a company, by every
invoice), of those that run at once one commits and the others begin anew; and whoever begins anew
is late against those that are new. So a job that met its second deadlock has all jobs of its method
on its site wait for each other, for as long as some of them need. A second one, since of a rare
deadlock the rerun is cheaper than a line.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from contextvars import ContextVar
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from frappe_celery.config import settings

JOBS = 20
"""For as long as so many need, those of a method take turns; then they meet again, or do not."""
WAIT_SECONDS = 60.0
"""Who waited so long goes on: its time is limited, and a turn is a help, no promise."""
_FIRST_LOOK, _LAST_LOOK = 0.002, 0.05
"""Seconds between looks whether it is one's turn: more and more, to leave the processor alone."""
_held: ContextVar[tuple[str, ...]] = ContextVar("turns held", default=())


def keep_meeting(label: str, seconds: float) -> None:
    """Have a method's jobs on a site, which take so long each, take turns from now on."""
    until = time.time() + JOBS * seconds
    with suppress(OSError):  # a folder that cannot be written: without turns, then
        path = _path(label, settings.current().state_path)
        os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
        with open(path, "a") as file:
            until = max(until, os.fstat(file.fileno()).st_mtime)
            os.utime(path, (until, until))


def turn(label: str, sleep: Callable[[float], None]) -> AbstractContextManager[None]:
    """Hold the turn while jobs of this method on this site take any."""
    path = _path(label, settings.current().state_path)
    file = _line(path) if path not in _held.get() else None  # else a job that this one runs itself
    return nullcontext() if file is None else _turn(path, file, sleep)


@contextmanager
def _turn(path: str, file: TextIO, sleep: Callable[[float], None]) -> Iterator[None]:
    with file:
        until, pause = time.monotonic() + WAIT_SECONDS, _FIRST_LOOK
        while not _is_taken(file.fileno()) and time.monotonic() < until:
            sleep(pause)
            pause = min(2 * pause, _LAST_LOOK)
        token = _held.set((*_held.get(), path))
        try:
            yield
        finally:
            _held.reset(token)


@lru_cache(1_000)
def _path(label: str, folder: Path) -> str:
    return str(folder / f"turn.{sha256(label.encode()).hexdigest()[:16]}")


def _line(path: str) -> TextIO | None:
    """The file whose lock is the turn; None: they take none, or it cannot be opened."""
    try:
        if os.access(path, os.F_OK) and os.stat(path).st_mtime > time.time():
            return open(path, "a")  # NFS locks for one alone only what may be written
    except OSError:
        pass
    return None


def _is_taken(file: int) -> bool:
    """Whether nobody else has it. Not by blocking: under gevent that would stop who holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks: without turns
        return True
    return True
