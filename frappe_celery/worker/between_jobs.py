"""What a job may change of its process and the next one, of another site, would find.

It is put back after each job, what is `RARE` where all is looked through. What cannot be, among it
threads and processes that a job left, is a reason to replace the process. What it changed in
modules of apps is `state`'s.
"""

from __future__ import annotations

import asyncio.events
import ctypes
import decimal
import gc
import locale
import logging
import os
import random
import resource
import signal
import socket
import sys
import threading
import time
import warnings
from _locale import setlocale  # locale's own makes names of numbers
from _signal import getsignal, pthread_sigmask  # type: ignore[import-not-found]  # signal's: 4 µs
from collections.abc import Callable, Collection
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from frappe_celery.worker.state import restoring
from frappe_celery.worker.state.cells import settings_of
from frappe_celery.worker.state.libraries import TELEMETRY

logger = logging.getLogger(__name__)

KNOWN = TELEMETRY | {"celery", "frappe", "frappe_celery", "posthog", "redis"}
"""Packages whose threads and hooks serve every job of the process: telemetry, Frappe's own client
cache."""
KNOWN_PROGRAMS = ("chrom", "google-chrome", "headless_shell")
"""Programs that do: Frappe keeps a browser for print formats."""
SIGNALS = [
    signal.Signals[f"SIG{name}"]
    for name in ("ALRM", "CHLD", "HUP", "INT", "PIPE", "QUIT", "TERM", "USR1", "USR2", "WINCH")
]
WINTER, SUMMER = 1_735_689_600, 1_751_328_000
"""In 2025: the zones of one name differ at least in one of them."""
_ENVIRONMENT: dict[Any, Any] = os.environ._data  # type: ignore[attr-defined]
"""Behind `os.environ`, of which a copy takes 30 µs a job. It is Python's own: should it become
something else, `test_between_jobs` finds the environment changed."""
_C_ENVIRONMENT = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
_LIMITS = sorted({getattr(resource, name) for name in dir(resource) if name[:7] == "RLIMIT_"})
_MONITORING: Any = getattr(sys, "monitoring", None)
_TWIN = random.Random()
"""Draws what `random` does, until somebody else has drawn there."""


class _Part(NamedTuple):
    look: Callable[[], Any]
    put_back: Callable[[Any], object]
    """Sets what was seen before the job, but for what is to stay; raises when it cannot."""


def _working_directory() -> str | None:
    try:
        return os.getcwd()
    except OSError:  # it was removed
        return None


def _time_zone() -> tuple[Any, ...]:
    """As Python knows it and as C does, which reads TZ anew where Python does not."""
    return time.tzname, time.localtime(WINTER).tm_gmtoff, time.localtime(SUMMER).tm_gmtoff


def _umask() -> int:
    mask = os.umask(0o22)
    os.umask(mask)
    return mask


def _put_environment_back(before: dict[Any, Any]) -> None:
    for name in _ENVIRONMENT.keys() - before.keys():
        del os.environb[name]
    os.environb.update(before)


def _c_environment() -> frozenset[bytes]:
    """What programs are given: `os.environ` does not hear of `os.putenv`."""
    return frozenset(iter(iter(_C_ENVIRONMENT).__next__, None))


def _put_c_environment_back(before: frozenset[bytes]) -> None:
    now = _c_environment()
    for entry in now - before:
        os.unsetenv(entry.partition(b"=")[0])
    for entry in before - now:
        os.putenv(*entry.split(b"=", 1))


def _settings(logger: logging.Logger) -> list[Any]:
    handlers = [one for one in logger.handlers if not _is_known(type(one).__module__)]
    return [logger.level, logger.propagate, logger.disabled, logger.filters[:], handlers]


def _set(before: dict[logging.Logger, list[Any]]) -> None:
    for logger, was in before.items():
        *_, handlers = now = _settings(logger)
        if now != was:
            staying = [one for one in logger.handlers if one not in handlers]
            level, logger.propagate, logger.disabled, logger.filters, handlers = was
            logger.setLevel(level)
            logger.handlers = [*handlers, *staying]


def _loggers() -> dict[logging.Logger, list[Any]]:
    """One that a job makes is seen first as that leaves it."""
    known = [*logging.root.manager.loggerDict.values()]
    return {one: _settings(one) for one in known if isinstance(one, logging.Logger)}


def _put_warnings_back(before: tuple[Any, ...]) -> None:
    warnings.filters[:], warnings.showwarning = before  # type: ignore[index]
    with warnings.catch_warnings():
        pass  # its end has Python forget what it made of the filters


def _event_loop() -> tuple[Any, dict[str, Any]]:
    """What `asyncio.get_event_loop` goes by in this thread."""
    policy: Any = asyncio.events._event_loop_policy  # type: ignore[attr-defined]
    return policy, vars(getattr(policy, "_local", policy)).copy()


def _put_event_loop_back(before: tuple[Any, dict[str, Any]]) -> None:
    policy, known = before
    asyncio.events._event_loop_policy = policy  # type: ignore[attr-defined]
    local = vars(getattr(policy, "_local", policy))
    local.clear()
    local.update(known)


def _put_finders_back(before: list[Any]) -> None:
    """Those of libraries stay, which an import has added, in front of the others or behind."""
    is_an_apps = restoring.state().is_of_an_app
    now = [one for one in sys.meta_path if one in before or not is_an_apps(one.__module__)]
    place = next((place for place, one in enumerate(now) if one in before), 0)
    sys.meta_path[:] = [*now[:place], *before, *(one for one in now[place:] if one not in before)]


def _put_hook_back(before: Any) -> None:
    if not _is_known(sys.excepthook.__module__):
        sys.excepthook = before


@lru_cache(1)
def _childrens_file(_: int) -> int:
    path = "/proc/thread-self/children"
    return os.open(path if os.path.exists(path) else os.devnull, os.O_RDONLY)


@lru_cache(1)
def _running(children: bytes) -> dict[str, str]:
    """Programs of those that have not ended, and that are not known."""
    found = {}
    for child in children.decode().split():
        with suppress(OSError):  # it has just ended
            stat = Path(f"/proc/{child}/stat").read_text().partition("(")[2]
            name, _, state = stat.rpartition(") ")
            if state[0] != "Z" and not name.startswith(KNOWN_PROGRAMS):
                found[child] = name
    return found


def _children() -> dict[str, str]:
    return _running(os.pread(_childrens_file(os.getpid()), 1 << 16, 0))


def _refuse_children(before: dict[str, str]) -> None:
    left = [name for child, name in _children().items() if child not in before]
    if left:
        raise ValueError(", ".join(left))


def _put_signals_back(before: list[Any]) -> None:
    for number, handler in zip(SIGNALS, before):  # noqa: B905 (equal by construction)
        if getsignal(number) != handler:
            if number == signal.SIGUSR1:
                raise ValueError("SIGUSR1 writes the process's stack, which Python does not know")
            signal.signal(number, handler)


PARTS = {  # the log first, in which the others are named
    "logging.disable": _Part(partial(getattr, logging.root.manager, "disable"), logging.disable),
    "the root logger": _Part(lambda: {logging.root: _settings(logging.root)}, _set),
    "loggers": _Part(_loggers, _set),
    "the environment": _Part(_ENVIRONMENT.copy, _put_environment_back),
    "C's environment": _Part(_c_environment, _put_c_environment_back),
    "the time zone": _Part(_time_zone, lambda _: time.tzset()),
    "the umask": _Part(_umask, os.umask),
    "the working directory": _Part(_working_directory, os.chdir),
    "sys.path": _Part(sys.path.copy, lambda before: sys.path.__setitem__(slice(None), before)),
    "sys.meta_path": _Part(sys.meta_path.copy, _put_finders_back),
    "the locale": _Part(
        partial(setlocale, locale.LC_ALL), lambda before: locale.setlocale(locale.LC_ALL, before)
    ),
    "the decimal context": _Part(
        lambda: settings_of(decimal.getcontext()),
        lambda before: decimal.setcontext(decimal.Context(*before)),
    ),
    "the recursion limit": _Part(sys.getrecursionlimit, sys.setrecursionlimit),
    "the switch interval": _Part(sys.getswitchinterval, sys.setswitchinterval),
    "the longest integer": _Part(
        getattr(sys, "get_int_max_str_digits", int), getattr(sys, "set_int_max_str_digits", int)
    ),
    "the time-out of sockets": _Part(socket.getdefaulttimeout, socket.setdefaulttimeout),
    "the garbage collector": _Part(gc.isenabled, lambda before: (gc.disable, gc.enable)[before]()),
    "gc's thresholds": _Part(gc.get_threshold, lambda before: gc.set_threshold(*before)),
    "sys.stdout": _Part(partial(getattr, sys, "stdout"), partial(setattr, sys, "stdout")),
    "sys.stderr": _Part(partial(getattr, sys, "stderr"), partial(setattr, sys, "stderr")),
    "sys.excepthook": _Part(partial(getattr, sys, "excepthook"), _put_hook_back),
    "the profile function": _Part(sys.getprofile, sys.setprofile),
    "the trace function": _Part(sys.gettrace, sys.settrace),
    "the profile function of threads": _Part(threading.getprofile, threading.setprofile),
    "the trace function of threads": _Part(threading.gettrace, threading.settrace),
    "the profiler": _Part(  # of Python 3.12 and later, which has no profile function
        lambda: _MONITORING and _MONITORING.get_tool(_MONITORING.PROFILER_ID),
        lambda _: (_MONITORING.set_events(2, 0), _MONITORING.free_tool_id(2)),
    ),
    "warnings": _Part(lambda: (warnings.filters[:], warnings.showwarning), _put_warnings_back),
    "the event loop": _Part(_event_loop, _put_event_loop_back),
    "the alarm": _Part(
        partial(signal.getitimer, signal.ITIMER_REAL),
        lambda _: signal.setitimer(signal.ITIMER_REAL, 0),
    ),
    "signal handlers": _Part(lambda: [*map(getsignal, SIGNALS)], _put_signals_back),
    "the signal mask": _Part(
        partial(pthread_sigmask, signal.SIG_BLOCK, ()),
        lambda before: pthread_sigmask(signal.SIG_SETMASK, before),
    ),
    "its limits": _Part(
        lambda: [*map(resource.getrlimit, _LIMITS)],
        lambda before: [*map(resource.setrlimit, _LIMITS, before)],
    ),
    "its niceness": _Part(lambda: os.getpriority(0, 0), lambda was: os.setpriority(0, 0, was)),
    "its child processes": _Part(_children, _refuse_children),
}
RARE = ("loggers", "C's environment", "its limits", "its niceness")
"""Once one had to be put back, it is looked at after each job of this worker as well."""


class BetweenJobs:
    """Of a process that is about to take its first job."""

    def __init__(self) -> None:
        asyncio.new_event_loop().close()  # makes the policy
        self._state = restoring.state()
        self._state.begin()
        self._before = {name: part.look() for name, part in PARTS.items()}
        self._line_up()
        self._threads = set(threading.enumerate())

    def put_right(self, job: str, kind: str, succeeded: bool, everything: bool = False) -> bool:
        """After a job, which is called so in the log; False: the process has to be replaced.

        Its kind is what it called. With `everything` all is looked through that the job can have
        left in modules.
        """
        if self._state.seen.news != self._news:
            self._line_up()
        alike = [look() for look in self._looks] == self._befores
        fit = alike or self._put_back(job, self._watched)
        fit = self._state.put_back(job, kind, everything) and fit
        if self._state.is_looked_through:
            fit = self._put_back(job, RARE) and fit
        fit = not self._has_left_orphans(job, succeeded) and fit
        _seed_anew()
        return not self._has_left_threads(job) and fit

    @property
    def is_looked_through(self) -> bool:
        """Whether all is as it was before the first job, as far as it can be looked for."""
        return self._state.is_looked_through

    def look_through(self) -> bool:
        """While no job waits; False: the process has to be replaced."""
        return self._put_back("a job", RARE) & self._state.put_everything_back("a job")

    def _line_up(self) -> None:
        """What is compared after each job, side by side."""
        seen = self._state.seen
        self._news = seen.news
        self._watched = [n for n in PARTS if n not in RARE or seen.place("part", n) in seen]
        self._looks = [PARTS[name].look for name in self._watched]
        self._befores = [self._before[name] for name in self._watched]

    def _put_back(self, job: str, names: Collection[str]) -> bool:
        differing = [name for name in names if PARTS[name].look() != self._before[name]]
        fit = [self._put_part_back(job, name) for name in differing]
        self._line_up()
        return all(fit)

    def _put_part_back(self, job: str, name: str) -> bool:
        part, seen, fit = PARTS[name], self._state.seen, True
        changed = part.look()
        try:
            part.put_back(self._before[name])
        except Exception as exc:
            logger.warning("%s changed %s: its process is replaced (%s)", job, name, exc)
            fit = False
        self._before[name] = part.look()
        if fit and self._before[name] == changed:
            return True  # it may stay
        if fit:
            logger.info("%s changed %s: put back", job, name)
        seen.add([seen.place("part", name)])
        return fit

    def _has_left_orphans(self, job: str, succeeded: bool) -> bool:
        left = self._state.orphans.new()
        if succeeded or not left:
            return False
        text = "%s was interrupted while it imported %s: its process is replaced"
        logger.warning(text, job, left[0].partition(".")[0])
        return True

    def _has_left_threads(self, job: str) -> bool:
        if threading.active_count() <= len(self._threads):
            return False
        left = [t for t in threading.enumerate() if t not in self._threads and not _is_to_stay(t)]
        if left:
            names = ", ".join(f"{thread.name} ({_module_of(thread)})" for thread in left)
            logger.warning("%s left threads: %s; its process is replaced", job, names)
        return bool(left)


def _seed_anew() -> None:
    """A job that has used `random` may have had its numbers repeat."""
    if random.getrandbits(64) != _TWIN.getrandbits(64):
        seed = os.urandom(32)
        random.seed(seed)
        _TWIN.seed(seed)
    if (numpy := sys.modules.get("numpy.random")) is not None:
        numpy.seed(int.from_bytes(os.urandom(4), "big"))  # by itself it takes 90 µs


def _is_to_stay(thread: threading.Thread) -> bool:
    if isinstance(thread, threading.Timer) and thread.finished.is_set():
        return True  # it was canceled, as Frappe does with a report's, and is about to end
    if isinstance(thread, threading._DummyThread):  # of C, as ddtrace's are: nobody knows whose
        return "ddtrace" in sys.modules
    return _is_known(_module_of(thread))


def _is_known(module: str | None) -> bool:
    return str(module).partition(".")[0] in KNOWN


def _module_of(thread: threading.Thread) -> str:
    """Where its code is, as far as is known."""
    of_class = type(thread).__module__
    target = getattr(thread, "_target", None)
    return str(getattr(target, "__module__", of_class)) if of_class == "threading" else of_class
