"""SIGUSR1 to a worker, to one of its processes or to beat: its stack, and it goes on working.

`kill -USR1` is how RQ's stuck workers are looked at too. It is `faulthandler` that writes, so that
a process that hangs in C code tells too; the main thread's stack only, since looking at one of a
thread that runs at that moment may crash the process. Celery uses the signal for soft time limits:
in processes of its own pool, which run a team's own tasks, it then takes the signal back.
"""

from __future__ import annotations

import faulthandler
from collections.abc import Iterator
from contextlib import contextmanager
from signal import SIG_BLOCK, SIG_UNBLOCK, SIGUSR1, pthread_sigmask
from typing import Any

from celery import signals

from frappe_celery.watch.logs.output import error_file


def connect() -> None:
    """For every program of Celery that starts from now on, and each process of a worker."""
    for begins in (
        *(signals.worker_ready, signals.worker_process_init),
        *(signals.beat_init, signals.beat_embedded_init),
    ):
        begins.connect(_register)


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
