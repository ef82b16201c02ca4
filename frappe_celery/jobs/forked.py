"""What a function returns in a fork: what it imports, connects and changes is gone with that."""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import Pipe
from typing import Generic, TypeVar

from celery import platforms

logger = logging.getLogger(__name__)

T = TypeVar("T")


class Forked(Generic[T]):
    """Runs at once, beside the caller, and dies with the thread that made it. The answer travels as
    a pickle."""

    def __init__(self, function: Callable[[], T]) -> None:
        parent = os.getpid()
        self._hears, tells = Pipe(duplex=False)
        self._child = os.fork()
        if self._child == 0:
            try:
                platforms.set_pdeathsig("SIGKILL")  # type: ignore[attr-defined]  # celery-types lacks it
                if os.getppid() != parent:  # it died before that was set
                    os._exit(0)
                tells.send(function())
            except BaseException:
                logger.exception("what a fork was to find out is not known")
            finally:
                os._exit(0)
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
