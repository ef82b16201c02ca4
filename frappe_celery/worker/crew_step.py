"""A step of the worker: its pool decides who its crew is, and what becomes of Frappe's queues where
the pool runs no jobs."""

from __future__ import annotations

import logging
from typing import Any

from celery import bootsteps
from celery.concurrency import solo, thread

from frappe_celery.config import settings
from frappe_celery.worker.crew import Crew
from frappe_celery.worker.job_threads import JobThreads
from frappe_celery.worker.pool import Pool
from frappe_celery.worker.solo import Solo

logger = logging.getLogger(__name__)

ELSEWHERE = (
    "the {pool} pool runs no jobs of Frappe's: start a second worker for {queues}"
    " (--pool prefork -Q {queues})"
)
GREEN = ("gevent", "eventlet")


class CrewStep(bootsteps.StartStopStep):
    """Makes the worker's crew (`worker.crew`, see `crew.crew_of`)."""

    requires = ("celery.worker.components:Pool",)

    def create(self, worker: Any) -> None:
        """Before the consumer looks at its queues.

        Raises:
            SystemExit: the pool runs no jobs, and no queue but Frappe's was asked for.
        """
        crew = worker.crew = _crew(worker)
        pool = type(worker.pool).__module__.rpartition(".")[2]
        if pool in GREEN:  # they compare what runs with itself, and would never take anything
            worker.app.conf.worker_disable_prefetch = False
        if type(crew) is Crew:
            _leave_frappes_queues(worker, pool)
        elif isinstance(crew, JobThreads):
            logger.warning(
                "the thread pool cannot interrupt a job: timeouts, stopping and hard limits do not"
                " work in it; and what a job leaves in modules of apps stays. Use --pool prefork"
                " for jobs that may hang, or that leave something there"
            )

    def start(self, worker: Any) -> None:
        """The consumer begins (`bootsteps.TakeJobs`)."""

    def stop(self, worker: Any) -> None:
        """The consumer has gone."""
        worker.crew.end()


def _crew(worker: Any) -> Crew:
    if isinstance(worker.pool, Pool):
        return worker.pool
    if isinstance(worker.pool, solo.TaskPool) and worker.use_eventloop:
        return Solo(worker)
    return JobThreads(worker) if isinstance(worker.pool, thread.TaskPool) else Crew()


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
