"""A worker from its start to its end: its queues, what it imports before it forks, its crew, its
signs of life, the beat beside it, and how long jobs go on once it is told to stop."""

from __future__ import annotations

import codecs
import gc
import logging
import os
import signal
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from billiard import util
from celery import bootsteps, signals
from celery.concurrency import solo, thread
from celery.worker import state
from celery.worker.components import Beat

from frappe_celery.brokers import heartbeat
from frappe_celery.config import settings
from frappe_celery.config.settings import no_such_queue
from frappe_celery.errors import BrokerUnreachable, CannotStart
from frappe_celery.jobs import JobStore, get_store, hosts
from frappe_celery.jobs.forked import die_with
from frappe_celery.worker import alive
from frappe_celery.worker.bootsteps import GREEN, Repeated
from frappe_celery.worker.crew import Crew, crew_of
from frappe_celery.worker.in_process import JobThreads, Solo
from frappe_celery.worker.pool import Pool
from frappe_celery.worker.state import restoring

logger = logging.getLogger(__name__)

ELSEWHERE = (
    "the {pool} pool runs no jobs of Frappe's: start a second worker for {queues}"
    " (--pool prefork -Q {queues})"
)
POOL_SECONDS = 5
"""How long Celery's pool may take to see that its processes are dead; it can wait for ever."""


# -- before there is a worker


def check_queues(instance: Any, options: dict[str, Any], **_: Any) -> None:
    """End the program when `-Q` names a queue that its app does not have, with the way out: before
    Celery refuses it."""
    app = instance.app
    if app.conf.task_create_missing_queues:
        return
    queues = options.get("queues") or ()
    for name in queues.split(",") if isinstance(queues, str) else queues:
        if name not in app.amqp.queues:
            raise CannotStart(f"UnknownQueue: {no_such_queue(name, app.amqp.queues)}")


def prepare(**_: Any) -> None:
    """Import the apps, then freeze what exists out of the garbage collector's sight: processes that
    are forked start warm and share memory. Nobody looks for garbage first: there is hardly any."""
    collects = gc.isenabled()
    gc.disable()
    try:
        hosts.current().import_apps()
        _load_what_each_process_loads()
        restoring.state()
        gc.freeze()
    finally:
        if collects:
            gc.enable()


def _load_what_each_process_loads() -> None:
    """Once it is forked: it looks a host up, and Celery has it parse a line of C (by cffi)."""
    codecs.lookup("idna")
    with suppress(OSError):  # not on Linux
        util.get_pdeathsig()  # type: ignore[attr-defined]


# -- steps of Celery's worker


class CrewStep(bootsteps.StartStopStep):
    """Its pool decides who the worker's crew is (`worker.crew`, see `crew.crew_of`), and what
    becomes of Frappe's queues where the pool runs no jobs."""

    requires = ("celery.worker.components:Pool",)

    def create(self, worker: Any) -> None:
        """Before the consumer looks at its queues.

        Raises:
            CannotStart: the pool runs no jobs, and no queue but Frappe's was asked for.
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

    def stop(self, worker: Any) -> None:
        """The consumer has gone, whose step `bootsteps.TakeJobs` had the crew begin; next Celery
        turns to the pool, and waits for it.

        Jobs run on, but not for ever: for as long as their timeouts let them, or for
        `shutdown_seconds` where that is set. Then a thread fails what still runs, with that reason,
        and kills the processes; idempotent jobs are run again, elsewhere. A team's own tasks that
        had not begun are back in their queues by now (the channel's `close`), and the signs of life
        go on.
        """
        crew: Crew = worker.crew
        running = crew.running()
        if running:
            limit = _limit(worker.app.amqp.queues.consume_from, running)
            logger.info("%d jobs still run: waiting for up to %d s", len(running), limit)
            threading.Thread(target=_end_after, args=(limit, crew), daemon=True).start()
        crew.end()


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
        raise CannotStart(reason)
    worker.app.amqp.queues.deselect(frappes)
    logger.warning("%s", reason)


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


class ProcessHeartbeat(bootsteps.StartStopStep):
    """Signs of life of this process, also while Celery waits for its pool to end.

    Its thread begins after the pool and an embedded beat have forked: what it was importing just
    then would stay locked in the child, whose first job waits for that module for ever. It goes on
    while the worker waits for its jobs.
    """

    requires = (CrewStep, "celery.worker.components:Beat")

    def start(self, worker: Any) -> None:
        """With connections of its own, which no fork can catch in use."""
        heartbeat.begin(JobStore(get_store().settings), crew_of(worker).consumer)
        alive.begin()


STEPS = (CrewStep, ProcessHeartbeat)


# -- `--beat`: the scheduler beside a worker lives as long as the worker does


class BeatBeside(Repeated):
    """A step of the consumer that starts Celery's embedded beat again when its process has died;
    Celery itself does not."""

    seconds = 5.0

    def include_if(self, consumer: Any) -> bool:
        """Only with `--beat`, whose step has made it by now."""
        return consumer.controller.beat is not None

    def tick(self, consumer: Any) -> None:
        """Start the scheduler's process again where it has ended."""
        worker = consumer.controller
        if worker.beat.is_alive():
            return
        code = worker.beat.exitcode
        logger.error("the scheduler beside this worker ended (%s): another is started", code)
        step = next(step for step in worker.steps if isinstance(step, Beat))
        step.obj = step.create(worker)
        step.obj.start()


@signals.beat_embedded_init.connect
def end_with_the_worker(**_: Any) -> None:
    """In beat's process: a worker that is killed cannot end it."""
    die_with(os.getppid())
