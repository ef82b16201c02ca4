"""SIGUSR1 to a worker, to one of its processes or to beat: its stack, and it goes on working.

`kill -USR1` is how RQ's stuck workers are looked at too. It is `faulthandler` that writes, so that
a process that hangs in C code tells too; the main thread's stack only, since looking at one of a
thread that runs at that moment may crash the process. Celery uses the signal for soft time limits:
a team's own task that has one keeps that meaning while it runs.
"""

from __future__ import annotations

import faulthandler
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIG_BLOCK, SIG_UNBLOCK, SIGUSR1, getsignal, pthread_sigmask
from typing import Any

from billiard.pool import Worker
from billiard.process import current_process
from celery import current_app, signals
from celery.app.task import Task
from celery.utils.dispatch import Signal

from frappe_celery.jobs.queue.publish import STRATEGY
from frappe_celery.watch.logs.output import error_file

WAIT_SECONDS = 10.0

_deciding = threading.Lock()
_celery_has_it = False  # while a team's own task runs


def connect() -> None:
    """For every program of Celery that starts from now on."""
    signals.worker_ready.connect(_register)
    signals.worker_process_init.connect(_register_once_billiard_has)
    for beat_starts in (signals.beat_init, signals.beat_embedded_init):
        beat_starts.connect(_register)


@contextmanager
def asked_later() -> Iterator[None]:
    """SIGUSR1 waits: Celery resets it in a fork, and it would kill that until it can tell."""
    pthread_sigmask(SIG_BLOCK, [SIGUSR1])
    try:
        yield
    finally:
        pthread_sigmask(SIG_UNBLOCK, [SIGUSR1])


def _register(**_: Any) -> None:
    faulthandler.unregister(SIGUSR1)  # the parent's, in a fork
    faulthandler.register(SIGUSR1, file=error_file(), all_threads=False, chain=False)


def _register_once_billiard_has(**_: Any) -> None:
    """In a process of Celery's own pool, which sets a handler of its own after this signal of
    Celery's: wait for that."""
    if not isinstance(getattr(current_process(), "_target", None), Worker):
        _register()
        return
    faulthandler.unregister(SIGUSR1)  # the parent's: what it would bring back is no handler
    before = getsignal(SIGUSR1)

    def wait() -> None:
        until = time.monotonic() + WAIT_SECONDS
        while getsignal(SIGUSR1) is before and time.monotonic() < until:
            time.sleep(0.01)
        with _deciding:
            if not _celery_has_it:
                _register()

    threading.Thread(target=wait, daemon=True, name="SIGUSR1").start()
    if any(_is_a_team_s_own(task) for task in current_app.tasks.values()):
        signals.task_prerun.connect(_hand_over)
        signals.task_postrun.connect(_hand_over)


def _is_a_team_s_own(task: Task[Any, Any]) -> bool:
    name = str(task.name)
    return not name.startswith("celery.") and task.Strategy != STRATEGY


def _hand_over(task: Task[Any, Any], signal: Signal, **_: Any) -> None:
    """Leave the signal to Celery while a team's own task runs."""
    global _celery_has_it
    if _is_a_team_s_own(task):
        with _deciding:
            _celery_has_it = signal is signals.task_prerun
            if _celery_has_it:
                faulthandler.unregister(SIGUSR1)
            else:
                _register()
