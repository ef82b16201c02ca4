"""A step of the worker that is told to stop (SIGTERM): its jobs run on, but not for ever.

A team's own tasks that it had not started are back in their queues by then (the channel's `close`),
and its signs of life go on while Celery waits for the pool. A job may go on for as long as its
timeout lets it, or for `shutdown_seconds` where that is set. Then a thread fails what still runs,
with that reason, and kills the processes; idempotent jobs are run again, elsewhere.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from celery import bootsteps
from celery.worker import state

from frappe_celery.config import settings
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.jobs import get_store
from frappe_celery.worker.crew import Crew, crew_of
from frappe_celery.worker.crew_step import CrewStep

logger = logging.getLogger(__name__)

POOL_SECONDS = 5
"""How long Celery's pool may take to see that its processes are dead; it can wait for ever."""


class Shutdown(bootsteps.StartStopStep):
    """Stops after the consumer and before the pool."""

    requires = (CrewStep,)

    def start(self, worker: Any) -> None:
        """Nothing: there is only something to do at the end."""

    def stop(self, worker: Any) -> None:
        """The consumer has gone; Celery turns to the pool next, and waits for it."""
        crew = crew_of(worker)
        running = [request.id for request in state.active_requests]
        running += [seen.run for _, seen in crew.having_jobs()]
        if running:
            limit = _limit(worker.app.amqp.queues.consume_from, running)
            logger.info("%d jobs still run: waiting for up to %d s", len(running), limit)
            threading.Thread(target=_end_after, args=(limit, crew), daemon=True).start()


def _limit(queues: Iterable[str], running: list[str]) -> int:
    config = settings.current()
    limit = config.ending_seconds(queues)
    if config.shutdown_seconds:
        return limit
    try:
        jobs = list(get_store().read(running))
    except BrokerUnreachable:
        return limit
    return max([limit, *(job.timeout for job in jobs if job is not None)])


def _end_after(limit: int, crew: Crew) -> None:
    time.sleep(limit)
    reason = f"its worker was told to stop, and it had not ended {limit} s later (shutdown_seconds)"
    crew.kill_running(reason)
    for request in list(state.active_requests):  # a team's own tasks
        if request.worker_pid not in (None, os.getpid()):
            with suppress(ProcessLookupError):
                os.kill(request.worker_pid, signal.SIGKILL)
    time.sleep(POOL_SECONDS)
    logger.error("the pool has not ended %d s after its processes were killed", POOL_SECONDS)
    os._exit(os.EX_OK)
