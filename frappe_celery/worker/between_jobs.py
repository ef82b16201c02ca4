"""What a job may change of its process and the next one, of another site, would find.

It is put back after each job. What cannot be, and threads that a job left, are a reason to replace
the process. What it changed in modules of apps is `state`'s.
"""

from __future__ import annotations

import decimal
import gc
import locale
import logging
import os
import signal
import socket
import sys
import threading
import time
from _signal import getsignal  # type: ignore[import-not-found]  # signal's makes enums: 4 µs a job
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple

from frappe_celery.worker.state import restoring
from frappe_celery.worker.state.imports import Orphans

logger = logging.getLogger(__name__)

KNOWN_THREADS = (
    "celery", "frappe", "frappe_celery", "opentelemetry", "posthog", "redis", "sentry_sdk",
)  # fmt: skip
"""Packages whose threads serve every job of the process: telemetry, Frappe's own client cache."""
SIGNALS = [
    signal.Signals[f"SIG{name}"]
    for name in ("ALRM", "CHLD", "HUP", "INT", "PIPE", "QUIT", "TERM", "USR1", "USR2")
]
WINTER, SUMMER = 1_735_689_600, 1_751_328_000
"""In 2025: the zones of one name differ at least in one of them."""
_ENVIRONMENT: dict[Any, Any] = os.environ._data  # type: ignore[attr-defined]
"""Behind `os.environ`, of which a copy takes 30 µs a job. It is Python's own: should it become
something else, `test_between_jobs` finds the environment changed."""


class _Part(NamedTuple):
    look: Callable[[], Any]
    put_back: Callable[[Any], object]
    """Sets what was seen before the job; raises when it cannot."""


def _working_directory() -> str | None:
    with suppress(OSError):  # it was removed
        return os.getcwd()
    return None


def _time_zone() -> tuple[Any, ...]:
    """As Python knows it and as C does, which reads TZ anew where Python does not."""
    offsets = [time.localtime(at).tm_gmtoff for at in (WINTER, SUMMER)]
    return time.tzname, *offsets


def _umask() -> int:
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


def _decimal() -> tuple[Any, ...]:
    """What a `decimal.Context` is made of; the flags tell only of what was computed."""
    _, (*settings, _, traps) = decimal.getcontext().__reduce__()
    return *settings, [], traps


def _put_environment_back(before: dict[Any, Any]) -> None:
    for name in _ENVIRONMENT.keys() - before.keys():
        del os.environb[name]
    os.environb.update(before)


def _put_signals_back(before: list[Any]) -> None:
    for number, handler in zip(SIGNALS, before):  # noqa: B905 (equal by construction)
        if getsignal(number) != handler:
            if number == signal.SIGUSR1:
                raise ValueError("SIGUSR1 writes the process's stack, which Python does not know")
            signal.signal(number, handler)


PARTS = {  # the log first, in which the others are named
    "the root logger's level": _Part(lambda: logging.root.level, logging.root.setLevel),
    "the environment": _Part(_ENVIRONMENT.copy, _put_environment_back),
    "the time zone": _Part(_time_zone, lambda _: time.tzset()),
    "the umask": _Part(_umask, os.umask),
    "the working directory": _Part(_working_directory, os.chdir),
    "sys.path": _Part(sys.path.copy, lambda before: sys.path.__setitem__(slice(None), before)),
    "the locale": _Part(
        lambda: locale.setlocale(locale.LC_ALL),
        lambda before: locale.setlocale(locale.LC_ALL, before),
    ),
    "the decimal context": _Part(_decimal, lambda was: decimal.setcontext(decimal.Context(*was))),
    "the recursion limit": _Part(sys.getrecursionlimit, sys.setrecursionlimit),
    "the time-out of sockets": _Part(socket.getdefaulttimeout, socket.setdefaulttimeout),
    "the garbage collector": _Part(gc.isenabled, lambda before: (gc.disable, gc.enable)[before]()),
    "sys.stdout": _Part(lambda: sys.stdout, lambda before: setattr(sys, "stdout", before)),
    "sys.stderr": _Part(lambda: sys.stderr, lambda before: setattr(sys, "stderr", before)),
    "the alarm": _Part(
        lambda: any(signal.getitimer(signal.ITIMER_REAL)),
        lambda _: signal.setitimer(signal.ITIMER_REAL, 0),
    ),
    "signal handlers": _Part(lambda: [getsignal(n) for n in SIGNALS], _put_signals_back),
}


def _look() -> list[Any]:
    return [part.look() for part in PARTS.values()]


class BetweenJobs:
    """Of a process that is about to take its first job."""

    def __init__(self) -> None:
        self._state = restoring.state()
        self._state.begin()
        self._before = _look()
        self._threads = set(threading.enumerate())
        self._orphans = Orphans()

    def put_right(self, job: str, kind: str, succeeded: bool, everything: bool = False) -> bool:
        """After a job, which is called so in the log; False: the process has to be replaced.

        Its kind is what it called. With `everything` all is looked through that the job can have
        left in modules.
        """
        fit = self._state.put_back(job, kind, everything) and not self._has_left_orphans(
            job, succeeded
        )
        return self._put_back(job) and not self._has_left_threads(job) and fit

    @property
    def is_looked_through(self) -> bool:
        """Whether all is as it was before the first job, as far as it can be looked for."""
        return self._state.is_looked_through

    def look_through(self) -> bool:
        """While no job waits; False: the process has to be replaced."""
        return self._state.put_everything_back("a job")

    def _put_back(self, job: str) -> bool:
        found = _look()
        if found == self._before:
            return True
        fit = True
        for name, before, now in zip(PARTS, self._before, found):  # noqa: B905 (as many each)
            if now == before:
                continue
            try:
                PARTS[name].put_back(before)
                logger.info("%s changed %s: put back", job, name)
            except Exception as exc:
                logger.warning("%s changed %s: its process is replaced (%s)", job, name, exc)
                fit = False
        return fit

    def _has_left_orphans(self, job: str, succeeded: bool) -> bool:
        left = self._orphans.new()
        if succeeded or not left:
            return False
        text = "%s was interrupted while it imported %s: its process is replaced"
        logger.warning(text, job, left[0].partition(".")[0])
        return True

    def _has_left_threads(self, job: str) -> bool:
        if threading.active_count() <= len(self._threads):
            return False
        left = [t for t in threading.enumerate() if t not in self._threads and not _is_known(t)]
        if left:
            names = ", ".join(f"{thread.name} ({_module_of(thread)})" for thread in left)
            logger.warning("%s left threads: %s; its process is replaced", job, names)
        return bool(left)


def _is_known(thread: threading.Thread) -> bool:
    if isinstance(thread, threading.Timer) and thread.finished.is_set():
        return True  # it was canceled, as Frappe does with a report's, and is about to end
    return _module_of(thread).partition(".")[0] in KNOWN_THREADS


def _module_of(thread: threading.Thread) -> str:
    """Where its code is, as far as is known."""
    of_class = type(thread).__module__
    target = getattr(thread, "_target", None)
    return str(getattr(target, "__module__", of_class)) if of_class == "threading" else of_class
