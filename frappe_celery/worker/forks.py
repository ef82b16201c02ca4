"""Processes for one job each (`fresh_process`), forked from one that has run none.

That one, the seed, is forked from a process before its first job, where one may need it. What
its forks do to modules, caches and threads is gone with each of them, and they know nothing of what
the process that takes the jobs has run itself. No job waits for a fork: while one has a job, the
next one is ready. The seed and its forks die with the process that takes the jobs.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NamedTuple, NoReturn

from frappe_celery.jobs.forked import die_with, in_fork

logger = logging.getLogger(__name__)


class _End(NamedTuple):
    """What a seed says of a fork that is gone. It has passed on its number and answer before, and
    perhaps the next fork's since."""

    process: int
    status: int
    """As `os.waitpid` has it."""


class _Fork(NamedTuple):
    """As its seed sees it."""

    process: int
    line: Connection
    """On which it says that it has taken a job, and then its answer, as a pickle."""
    ended: int
    """Can be read once it has ended: what its job forked may keep the line open."""


class Forks:
    """The seed, seen from the process that takes the jobs.

    Args:
        run: what a fork does with a job, its arguments; what it returns is the fork's answer.
    """

    def __init__(self, run: Callable[..., Any]) -> None:
        jobs, self._jobs = Pipe(duplex=False)
        self._answers, answers = Pipe(duplex=False)
        self._leaving: set[int] = set()
        """Forks that have answered."""

        def serve() -> None:
            self._jobs.close()
            self._answers.close()
            _Seed(run, jobs, answers).serve()

        in_fork(serve, "no process can be forked for one job")
        jobs.close()
        answers.close()

    def run(self, *job: Any) -> Any:
        """Give it to a fork and wait for the answer. If that dies, this process ends in the same
        way, so that its parent sees what became of the job."""
        self._jobs.send(job)
        told = self._answers.recv()
        while isinstance(told, _End):
            if told.process not in self._leaving:
                _end_like(told.status)
            self._leaving.remove(told.process)
            told = self._answers.recv()
        self._leaving.add(told)
        return self._answers.recv()

    def rest(self) -> None:
        """Wait until the forks that have answered are gone."""
        while self._leaving:
            self._leaving.remove(self._answers.recv().process)


class _Seed:
    def __init__(self, run: Callable[..., Any], jobs: Connection, answers: Connection) -> None:
        self._run, self._jobs, self._answers = run, jobs, answers
        self._lines: dict[Connection, _Fork] = {}
        """Of those that have not answered."""
        self._forks: dict[int, _Fork] = {}
        self._ready: _Fork

    def serve(self) -> NoReturn:
        """Have one that is ready, pass on what the others answer, and tell how they ended."""
        self._ready = self._fork()
        while True:
            told = wait([*self._lines, *self._forks])
            for fork in [fork for line, fork in self._lines.items() if line in told]:
                self._hear(fork)
            for fork in [fork for ended, fork in self._forks.items() if ended in told]:
                self._bury(fork)

    def _hear(self, fork: _Fork) -> None:
        try:
            said = fork.line.recv_bytes()
        except (EOFError, ConnectionResetError):
            del self._lines[fork.line]
            return
        if fork is self._ready:
            self._ready = self._fork()
        else:
            del self._lines[fork.line]
            self._answers.send(fork.process)
            self._answers.send_bytes(said)

    def _bury(self, fork: _Fork) -> None:
        while fork.line in self._lines and fork.line.poll():
            self._hear(fork)
        self._lines.pop(fork.line, None)
        del self._forks[fork.ended]
        fork.line.close()
        os.close(fork.ended)
        _, status = os.waitpid(fork.process, 0)
        if fork is self._ready:  # it died while it waited
            self._ready = self._fork()
        else:
            self._answers.send(_End(fork.process, status))

    def _fork(self) -> _Fork:
        seed = os.getpid()
        line, theirs = Pipe(duplex=False)
        child = os.fork()
        if child == 0:
            line.close()
            self._be_the_fork(theirs, seed)
        theirs.close()
        fork = _Fork(child, line, os.pidfd_open(child))
        self._lines[line] = self._forks[fork.ended] = fork
        return fork

    def _be_the_fork(self, line: Connection, seed: int) -> NoReturn:
        code = 1
        try:
            die_with(seed)
            job = self._jobs.recv()
            line.send_bytes(b"taken")
            answer = self._run(*job)
            _flush()
            line.send(answer)
            code = 0
        except BaseException as exc:
            if not isinstance(exc, EOFError):  # no job will come
                logger.exception("a fork for one job ended")
            _flush()
        finally:
            os._exit(code)


def _flush() -> None:
    """As far as that can be: a job may have closed what is written to, and a disk may be full."""
    with suppress(Exception):
        logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()


def _end_like(status: int) -> NoReturn:
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
