"""A step of the worker that is told to stop (SIGTERM): its jobs run on, but not for ever.

What it had not started is back in its queue by then (the channel's `close`), and its signs of life
go on while Celery waits for the pool. After `shutdown_seconds` a thread fails what still runs, with
that reason, and kills the processes; idempotent jobs are run again, elsewhere.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from contextlib import suppress
from typing import Any

from celery import bootsteps
from celery.worker import state

from frappe_celery.config import settings
from frappe_celery.worker.failures import abandon
from frappe_celery.worker.pool import Pool

logger = logging.getLogger(__name__)

POOL_SECONDS = 5
"""How long Celery's pool may take to see that its processes are dead; it can wait for ever."""


class Shutdown(bootsteps.StartStopStep):
    """Stops after the consumer and before the pool."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        """Nothing to do yet."""

    def stop(self, worker: Any) -> None:
        """The consumer has gone; Celery turns to the pool next, and waits for it."""
        pool = worker.pool if isinstance(worker.pool, Pool) else None
        running = len(state.active_requests) + (pool.running() if pool is not None else 0)
        if running:
            limit = settings.current().shutdown_seconds
            logger.info("%d jobs still run: waiting for up to %d s", running, limit)
            threading.Thread(target=_end_after, args=(limit, pool), daemon=True).start()


def _end_after(limit: int, pool: Pool | None) -> None:
    time.sleep(limit)
    reason = f"its worker was told to stop, and it had not ended {limit} s later (shutdown_seconds)"
    if pool is not None:
        pool.kill_running(reason)
    for request in list(state.active_requests):
        abandon(request.id, reason)
        if request.worker_pid not in (None, os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(request.worker_pid, signal.SIGKILL)
    time.sleep(POOL_SECONDS)
    logger.error("the pool has not ended %d s after its processes were killed", POOL_SECONDS)
    os._exit(os.EX_OK)
