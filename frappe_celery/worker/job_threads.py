"""`--pool threads`: as many threads, each of which takes and runs jobs."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Any

from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.crew import Crew, Member
from frappe_celery.worker.job_runner import JobLoop
from frappe_celery.worker.slot import shared_slots

logger = logging.getLogger(__name__)


class JobThreads(Crew):
    """They cannot be killed: a job's time limit and an order to stop it come to nothing."""

    def __init__(self, worker: Any) -> None:
        super().__init__()
        self._worker = worker
        self.each = [Member(slot) for slot in shared_slots(worker.pool.limit)]
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
        self.give_back()
        self.leave()

    def _run(self, one: Member) -> None:
        """What ends a process of the default pool (an exception that is no `Exception`) fails the
        job here, and the thread goes on."""
        one.thread = threading.get_native_id()
        worker = self._worker
        while True:
            loop = JobLoop(worker.app, worker.hostname, self.consumer, one.slot, one.orders)
            try:
                loop.serve()
            except BaseException as exc:
                logger.exception("a thread that runs jobs begins anew")
                loop.close()
                reason = f"its thread ended: {exc!r}"
                retry_while_unreachable(self.release, one, one.slot.read(), reason)
                one.slot.rest()
            else:
                return
