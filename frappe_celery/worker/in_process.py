"""Crews in the worker's own process: threads, or the worker itself."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from redis.exceptions import ResponseError

from frappe_celery.brokers import turns
from frappe_celery.brokers.heartbeat import GIVEN_UP_AFTER_SECONDS
from frappe_celery.brokers.taker import WAIT_SECONDS
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.worker.between_jobs import BetweenJobs
from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.crew import Crew
from frappe_celery.worker.job_runner import AGAIN_SECONDS, WAITING, JobRunner
from frappe_celery.worker.member import Member, shared_slots

logger = logging.getLogger(__name__)


class TaskThreads(ThreadPoolExecutor):
    """A team's own tasks, at whose ends the worker's loop asks for the next ones."""

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        future = super().submit(*args, **kwargs)
        future.add_done_callback(lambda _: turns.wake())
        return future


class JobThreads(Crew):
    """`--pool threads`: as many threads, each of which takes and runs jobs.

    They cannot be killed: a job's time limit and an order to stop it come to nothing.
    """

    def __init__(self, worker: Any) -> None:
        super().__init__(shared_slots(worker.pool.limit))
        worker.pool.executor = TaskThreads(worker.pool.limit)
        self._worker = worker
        self._threads: list[threading.Thread] = []

    def serve(self, queues: Sequence[str]) -> None:
        """They begin with the first queues."""
        super().serve(queues)
        if queues and not self._threads:
            self._threads = [
                threading.Thread(target=self._run, args=(one,), daemon=True) for one in self.each
            ]
            for thread in self._threads:
                thread.start()

    def end(self) -> None:
        for one in self.each:
            self.tell_to_stop(one)
        for thread in self._threads:
            thread.join()
        self.leave()

    def _run(self, one: Member) -> None:
        """What ends a process of the default pool (an exception that is no `Exception`) fails the
        job here, and the thread goes on."""
        one.thread = threading.get_native_id()
        worker = self._worker
        while True:
            loop = JobRunner(worker.app, worker.hostname, self.consumer, one.slot, one.orders)
            try:
                loop.serve()
            except BaseException as exc:
                logger.exception("a thread that runs jobs begins anew")
                loop.taker.close()
                reason = f"its thread ended: {exc!r}"
                retry_while_unreachable(self.release, one, one.slot.read(), reason)
                one.slot.rest()
            else:
                return


class Solo(Crew):
    """`--pool solo`: the worker itself runs jobs, one by one, in turn with its loop's other work.

    What a job leaves that cannot be put back stays: there is no process to be replaced.

    Only what a job changed is put back, after it: the process is also a team's own tasks', and
    where Celery's test worker is a thread, the tests'.
    """

    def __init__(self, worker: Any) -> None:
        super().__init__(shared_slots(1))
        self._worker = worker
        self._socket: int | None = None
        """On which it waits for a bell."""
        self._later: Any = None
        """Its next turn, where the loop has a timer for it."""
        self._readable, self._written = os.pipe()
        """Always: while the loop has it, it waits for nothing else before the next turn."""
        os.write(self._written, b"\0")

    def serve(self, queues: Sequence[str]) -> None:
        """Once the loop comes to it."""
        self.queues = tuple(queues)
        self._stop_waiting()
        self._soon()

    def send_events(self, wanted: bool) -> None:
        self.each[0].orders.events = wanted

    def kill_running(self, reason: str) -> None:
        """Nobody can: the loop stands still until the job has ended."""

    def end(self) -> None:
        self._stop_waiting()
        if self._runner.has_ended_one:
            retry_while_unreachable(self._runner.take, ())
        self._runner.taker.close()
        self.leave()

    @cached_property
    def _runner(self) -> JobRunner:
        worker, (one,) = self._worker, self.each
        return JobRunner(worker.app, worker.hostname, self.consumer, one.slot, one.orders)

    def _soon(self, seconds: float = 0) -> None:
        """Have a turn; the loop forgets that as it connects again."""
        if self._later is not None:
            self._later.cancel()
        if seconds:
            self._later = self._worker.hub.call_later(seconds, self._turn)
        else:
            self._worker.hub.add_reader(self._readable, self._turn)

    def _turn(self) -> None:
        self._worker.hub.remove(self._readable)
        runner = self._runner
        if self._socket is not None:
            logger.warning("no answer while waiting for a job")
            self._stop_waiting()
        if not (self.queues or runner.has_ended_one):
            return
        try:
            taken = runner.take(self.queues)
            runner.outage.end()
            if taken is not None:
                runner.between = runner.between or BetweenJobs()
                runner.run(taken)
                self._soon()
            elif self.queues:
                self._wait()
        except (BrokerUnreachable, ResponseError) as exc:
            runner.outage.tell("no job can be fetched", exc)
            self._soon(AGAIN_SECONDS)

    def _wait(self) -> None:
        """For a bell; one that does not answer is given up."""
        self._socket = self._runner.taker.listen(self.queues, WAIT_SECONDS)
        self._worker.hub.add_reader(self._socket, self._hear)
        self._soon(WAIT_SECONDS + GIVEN_UP_AFTER_SECONDS)

    def _hear(self) -> None:
        socket, self._socket = self._socket, None
        if socket is None:  # an order came first
            return
        self._worker.hub.remove(socket)
        try:
            self._runner.taker.heard()
        except (BrokerUnreachable, ResponseError) as exc:
            self._runner.outage.tell(WAITING, exc)
        self._soon()

    def _stop_waiting(self) -> None:
        if self._socket is not None:
            self._worker.hub.remove(self._socket)
            self._socket = None
            self._runner.taker.close()
