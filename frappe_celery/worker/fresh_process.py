"""Forks of this warm process for one job each, as `fresh_process` of a queue says.

What a job leaves in modules, caches and threads is gone with its fork. The next one is forked while
a job runs, so that its job need not wait for that. The worker's parent knows the process that took
the job, and kills that at a limit: its forks die with it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable

from celery import platforms

logger = logging.getLogger(__name__)


class Forks:
    """One waits for a job, from the first job on.

    Args:
        run: what a fork does with what it is given.
    """

    def __init__(self, run: Callable[[bytes], None]) -> None:
        self._run = run
        self._ready: tuple[int, int] | None = None

    def run(self, job: bytes) -> None:
        """Give it to a fork and wait for its end. If that dies, this process ends in the same way,
        so that its parent sees what became of the job."""
        child = self._give(job)
        self._ready = self._fork()
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            if -code != signal.SIGKILL:
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)
        if code:
            os._exit(code)

    def _give(self, job: bytes) -> int:
        while True:
            child, pipe = self._ready or self._fork()
            self._ready = None
            try:
                with open(pipe, "wb") as to_child:
                    to_child.write(job)
            except BrokenPipeError:  # it died while it waited
                os.waitpid(child, 0)
            else:
                return child

    def _fork(self) -> tuple[int, int]:
        """The process's id, and the end of a pipe from which it reads its job."""
        parent = os.getpid()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(writing)
            self._be_the_fork(reading, parent)
        os.close(reading)
        return child, writing

    def _be_the_fork(self, reading: int, parent: int) -> None:
        code = 1
        try:
            platforms.set_pdeathsig("SIGKILL")  # type: ignore[attr-defined]  # celery-types lacks it
            with open(reading, "rb") as from_parent:
                job = from_parent.read()
            if job and os.getppid() == parent:  # else it died, maybe before that was set
                self._run(job)
            code = 0
        except BaseException:
            logger.exception("a fork for one job ended")
        finally:
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
