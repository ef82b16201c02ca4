"""A step of the worker that is told to stop (SIGTERM): its jobs run on, but not for ever.

What it had not started is back in its queue by then (`transport.Channel.close`). While Celery waits
for the pool, a thread says that this process lives, or another worker would fail what still runs,
and records what ends. After `shutdown_seconds` it fails what is left, with that reason, and kills
the processes; idempotent jobs are run again, elsewhere.
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

from frappe_celery import settings
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store, successes
from frappe_celery.jobs.connection import naming_the_server
from frappe_celery.transport import HEARTBEAT_SECONDS, this_process
from frappe_celery.worker.failures import abandon

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
        if state.active_requests:
            threading.Thread(target=_see_out, daemon=True).start()


def _see_out() -> None:
    limit = settings.current().shutdown_seconds
    give_up_at = time.monotonic() + limit
    logger.info("%d jobs still run: waiting for up to %d s", len(state.active_requests), limit)
    while (left := give_up_at - time.monotonic()) > 0:
        try:
            _give_sign_of_life()
            successes.record()
        except BrokerUnreachable as exc:
            logger.warning("the jobs that still run: %s", exc)
        time.sleep(min(left, HEARTBEAT_SECONDS))
    for request in list(state.active_requests):
        reason = (
            f"its worker was told to stop, and it had not ended {limit} s later (shutdown_seconds)"
        )
        abandon(request.id, reason)
        if request.worker_pid not in (None, os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(request.worker_pid, signal.SIGKILL)
    time.sleep(POOL_SECONDS)
    logger.error("the pool has not ended %d s after its processes were killed", POOL_SECONDS)
    os._exit(os.EX_OK)


def _give_sign_of_life() -> None:
    store = get_store()
    with naming_the_server(store.url):
        seconds, microseconds = store.client.time()
        store.client.zadd(store.keys.consumers, {this_process(): seconds + microseconds / 1e6})
