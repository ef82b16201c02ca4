"""Processes for one job each (`fresh_process`), forked from one that has run none.

That one, the seed, is forked from a process before its first job, where one may need it. What
its forks do to modules, caches and threads is gone with each of them, and they know nothing of what
the process that takes the jobs has run itself. No job waits for a fork: while one has a job, the
next one is ready. The seed and its forks die with the process that takes the jobs.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, Pipe, wait
from typing import Any, NoReturn

from frappe_celery.jobs.forked import in_fork


class Forks:
    """The seed, seen from the process that takes the jobs.

    Args:
        run: what a fork does with a job, its arguments; what it returns is the fork's answer.
    """

    def __init__(self, run: Callable[..., Any]) -> None:
        jobs, self._jobs = Pipe(duplex=False)
        self._ends, ends = Pipe(duplex=False)
        self._answer = os.memfd_create("answer")
        """The last one's, as a pickle: of a pipe nobody knows whether who writes to it has died."""

        def serve() -> None:
            self._jobs.close()
            self._ends.close()
            _Seed(run, jobs, ends, self._answer).serve()

        in_fork(serve, "no process can be forked for one job")
        jobs.close()
        ends.close()

    def run(self, *job: Any) -> Any:
        """Give it to a fork and wait for the answer. If that dies, this process ends in the same
        way, so that its parent sees what became of the job."""
        self._jobs.send(job)
        size, status = self._ends.recv()
        if not size:
            _end_like(status)
        return pickle.loads(os.pread(self._answer, size, 0))


class _Seed:
    """Says of each job how long its answer is; of one whose fork has died how it ended, as
    `os.waitpid` has it."""

    def __init__(
        self, run: Callable[..., Any], jobs: Connection, ends: Connection, answer: int
    ) -> None:
        self._run, self._jobs, self._ends, self._answer = run, jobs, ends, answer
        self._said, self._says = Pipe(duplex=False)
        """A fork's number, with 0 when it has taken a job, and then with its answer's size."""
        self._forks: dict[int, int] = {}
        """By what can be read once they have ended."""
        self._ready = 0
        self._leaving: set[int] = set()
        """Those that have answered: the next one may have a job before they have ended."""

    def serve(self) -> NoReturn:
        """Have one that is ready, and tell what became of the others' jobs."""
        while True:
            self._ready = self._ready or self._fork()
            told = wait([self._said, *self._forks])
            while self._said.poll():
                self._hear(*self._said.recv())
            for ended in [ended for ended in self._forks if ended in told]:
                self._bury(ended)

    def _hear(self, fork: int, size: int) -> None:
        if size:
            self._leaving.add(fork)
            self._ends.send((size, 0))
        else:
            self._ready = 0

    def _bury(self, ended: int) -> None:
        fork = self._forks.pop(ended)
        os.close(ended)
        _, status = os.waitpid(fork, 0)
        if fork == self._ready:  # it died while it waited
            self._ready = 0
        elif fork in self._leaving:
            self._leaving.remove(fork)
        else:
            self._ends.send((0, status))

    def _fork(self) -> int:
        fork = in_fork(self._run_one, "a fork for one job ended")
        self._forks[os.pidfd_open(fork)] = fork
        return fork

    def _run_one(self) -> None:
        try:
            job = self._jobs.recv()
        except EOFError:  # no job will come
            return
        self._says.send((os.getpid(), 0))
        try:
            answer = self._run(*job)
        finally:
            _flush()
        size = os.pwrite(self._answer, pickle.dumps(answer), 0)
        self._says.send((os.getpid(), size))


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
