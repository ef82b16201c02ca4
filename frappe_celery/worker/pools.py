"""The pools that run jobs, and what becomes of Frappe's queues on any other."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps
from celery.concurrency import solo, thread

from frappe_celery.config import settings
from frappe_celery.worker.job_threads import JobThreads
from frappe_celery.worker.pool import Pool
from frappe_celery.worker.runners import Runners
from frappe_celery.worker.solo import Solo

logger = logging.getLogger(__name__)

ELSEWHERE = (
    "the {pool} pool runs no jobs of Frappe's: start a second worker for {queues}"
    " (--pool prefork -Q {queues})"
)
GREEN = ("gevent", "eventlet")


class JobRunners(bootsteps.StartStopStep):
    """Decides by the pool who runs the worker's jobs (`worker.runners`)."""

    requires = ("celery.worker.components:Pool",)

    def create(self, worker: Any) -> None:
        """Before the consumer looks at its queues.

        Raises:
            SystemExit: the pool runs no jobs, and no queue but Frappe's was asked for.
        """
        worker.runners = _runners(worker)
        pool = type(worker.pool).__module__.rpartition(".")[2]
        if pool in GREEN:  # they compare what runs with itself, and would never take anything
            worker.app.conf.worker_disable_prefetch = False
        if worker.runners is None:
            _leave_frappes_queues(worker, pool)
        elif isinstance(worker.runners, JobThreads):
            logger.warning(
                "the thread pool cannot interrupt a job: timeouts, stopping and hard limits do not"
                " work in it; and what a job leaves in modules of apps stays. Use --pool prefork"
                " for jobs that may hang, or that leave something there"
            )

    def start(self, worker: Any) -> None:
        """The consumer begins (`bootsteps.Jobs`)."""

    def stop(self, worker: Any) -> None:
        """The consumer has gone."""
        if worker.runners is not None:
            worker.runners.end()


def _runners(worker: Any) -> Runners[Any] | None:
    if isinstance(worker.pool, Pool):
        return worker.pool
    if isinstance(worker.pool, solo.TaskPool) and worker.use_eventloop:
        return Solo(worker)
    return JobThreads(worker) if isinstance(worker.pool, thread.TaskPool) else None


def _leave_frappes_queues(worker: Any, pool: str) -> None:
    """It consumes what else it was asked for."""
    asked = worker.app.amqp.queues.consume_from
    frappes = [name for name in asked if name in settings.current().queues]
    if not frappes:
        return
    reason = ELSEWHERE.format(pool=pool, queues=",".join(frappes))
    if len(frappes) == len(asked):
        raise SystemExit(f"Error: {reason}")
    worker.app.amqp.queues.deselect(frappes)
    logger.warning("%s", reason)
