"""What a function returns in a fork: what it imports, connects and changes is gone with that."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

PR_SET_PDEATHSIG = 1
T = TypeVar("T")


def die_with(parent: int) -> None:
    """In a fork: be killed when the thread that forked ends, as it may have before this was called.
    Celery's own way takes 13 ms and 2 MiB where cffi is loaded."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(os.EX_TEMPFAIL)


def in_fork(function: Callable[[], object], otherwise: str) -> int:
    """Run it in a fork, which dies with the thread that made it; returns its process id.

    Args:
        otherwise: what is logged where it raises; the fork ends with 1 then.
    """
    parent = os.getpid()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            die_with(parent)
            function()
            code = 0
        except BaseException:
            logger.exception(otherwise)
        finally:
            os._exit(code)
    return child


class Forked(Generic[T]):
    """Runs at once, beside the caller, and dies with the thread that made it. The answer travels as
    a pickle."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._hears, tells = Pipe(duplex=False)
        self._child = in_fork(
            lambda: tells.send(function()), "what a fork was to find out is not known"
        )
        tells.close()

    def answer(self, otherwise: T, seconds: float | None = None) -> T | None:
        """Once it has come, and once only; None: not within these seconds (None: however many).

        Args:
            otherwise: the answer of a fork that died, or whose function raised.
        """
        if not self._hears.poll(seconds):
            return None
        found = otherwise
        with suppress(EOFError):
            found = self._hears.recv()
        self._end()
        return found

    def kill(self) -> None:
        """It takes too long."""
        os.kill(self._child, signal.SIGKILL)
        self._end()

    def _end(self) -> None:
        self._hears.close()
        os.waitpid(self._child, 0)
