"""One process of a worker, from its fork to its end: it runs jobs (`JobLoop`), and puts right what
each left, or has a fork of its own run it, as `fresh_process` of a queue says.

The worker's parent is told nothing: it reads this process's slot.

What a job leaves in modules, caches and threads is gone with its fork. No job waits for a fork to
begin or to end: the next one is forked while a job runs, and takes its leave while the next one
runs. The parent knows the process that took the job, and kills that at a limit: its forks die with
it.
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

from billiard.compat import mem_rss
from celery import platforms
from celery.app.base import Celery
from celery.concurrency.prefork import process_destructor, process_initializer

from frappe_celery.config import settings
from frappe_celery.jobs import providers
from frappe_celery.watch.logs import stacks
from frappe_celery.worker.between_jobs import BetweenJobs
from frappe_celery.worker.crew import resident
from frappe_celery.worker.job_runner import JobLoop
from frappe_celery.worker.member import Orders, Slot
from frappe_celery.worker.task import InHand

logger = logging.getLogger(__name__)


class JobProcess(JobLoop):
    """In a process of its own.

    Args:
        most_jobs, most_kilobytes: after which it ends, to be replaced; 0: never.
    """

    def __init__(self, *arguments: Any, most_jobs: int, most_kilobytes: int) -> None:
        super().__init__(*arguments)
        self._most_jobs = most_jobs
        self._most_kilobytes = most_kilobytes
        self.between = BetweenJobs()
        self._forks = Forks(self._run_in_fork)

    def _is_worn(self) -> bool:
        if not self.is_fit or (self._most_jobs and self.ended >= self._most_jobs):
            return True
        return bool(self._most_kilobytes) and self.ended > 0 and mem_rss() > self._most_kilobytes

    def _wait(self, queues: tuple[str, ...]) -> None:
        self._forks.rest()
        super()._wait(queues)

    def _outcome(self, in_hand: InHand) -> tuple[Any, ...]:
        queue = settings.current().queues.get(in_hand.taken.queue)
        if queue is None or not queue.fresh_process:
            return super()._outcome(in_hand)
        return tuple(self._forks.run(in_hand, self.events))

    def _run_in_fork(self, in_hand: InHand, events: bool) -> tuple[Any, ...]:
        self.events = events
        self._trace(in_hand)
        return self._success(in_hand)


def be_one(
    app: Celery, hostname: str, consumer: str, slot: Slot, orders: Orders, **limits: int
) -> None:
    """Be the process, from its fork to its end."""
    os.setpgid(0, 0)  # a job that signals its group reaches itself and what it started
    orders.keep_hearing()
    with stacks.asked_later():
        process_initializer(app, hostname)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # its parent says when to stop
    at_start = resident(os.getpid())
    providers.limit_memory = lambda most: slot.limit_memory(
        most, max(0, resident(os.getpid()) - at_start) >> 20
    )
    process = JobProcess(app, hostname, consumer, slot, orders, **limits)
    try:
        process.serve()
    finally:
        process.close()
        process_destructor(os.getpid(), 0)


# -- forks of this warm process for one job each


class Fork(NamedTuple):
    """A process that was forked for one job, as its parent sees it."""

    process: int
    line: Connection
    """On which it is sent its job, and sends its answer."""

    def answer(self) -> Any:
        """Wait for it; EOFError where the fork died first."""
        ended = os.pidfd_open(self.process)  # what the job forked may keep the line open
        try:
            if self.line not in wait([self.line, ended]):
                raise EOFError
            return self.line.recv()
        except ConnectionResetError as exc:
            raise EOFError from exc
        finally:
            os.close(ended)
            self.line.close()


class Forks:
    """One waits for a job, from the first job on.

    Args:
        run: what a fork does with a job, its arguments; what it returns is the fork's answer.
    """

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run
        self._ready: Fork | None = None
        self._leaving: Fork | None = None

    def run(self, *job: Any) -> Any:
        """Give it to a fork and wait for the answer. If that dies, this process ends in the same
        way, so that its parent sees what became of the job."""
        fork = self._give(job)
        self._ready = self._fork()
        self.rest()
        try:
            answer = fork.answer()
        except EOFError:
            _end_like(fork)
        self._leaving = fork
        return answer

    def rest(self) -> None:
        """Wait until the fork that has answered is gone."""
        if self._leaving is not None:
            os.waitpid(self._leaving.process, 0)
            self._leaving = None

    def _give(self, job: tuple[Any, ...]) -> Fork:
        while True:
            fork = self._ready or self._fork()
            self._ready = None
            try:
                fork.line.send(job)
            except OSError:  # it died while it waited
                fork.line.close()
                os.waitpid(fork.process, 0)
            else:
                return fork

    def _fork(self) -> Fork:
        parent = os.getpid()
        ours, theirs = Pipe()
        child = os.fork()
        if child == 0:
            ours.close()
            self._be_the_fork(theirs, parent)
        theirs.close()
        return Fork(child, ours)

    def _be_the_fork(self, line: Connection, parent: int) -> NoReturn:
        code = 1
        try:
            platforms.set_pdeathsig("SIGKILL")  # type: ignore[attr-defined]  # celery-types lacks it
            if os.getppid() == parent:  # else it died before that was set
                answer = self._run(*line.recv())
                _flush()
                line.send(answer)
                code = 0
        except BaseException:
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


def _end_like(fork: Fork) -> NoReturn:
    _, status = os.waitpid(fork.process, 0)
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code)
