"""The loop of a process or a thread: it hears orders, takes and runs jobs (`job_runner`), and waits
where there is none."""

from __future__ import annotations

from celery.app.base import Celery
from redis.exceptions import ResponseError

from frappe_celery.brokers.taker import WAIT_SECONDS, Taken
from frappe_celery.errors import BrokerUnreachable
from frappe_celery.worker.broker_retry import Outage
from frappe_celery.worker.job_runner import JobRunner
from frappe_celery.worker.orders import Orders
from frappe_celery.worker.slot import Slot

WAITING = "waiting for the broker"
IDLE_SECONDS = 1
"""How long no job has come before what jobs left is looked for everywhere."""
AGAIN_SECONDS = 1.0
"""How soon a broker that is away is asked again."""


class JobLoop(JobRunner):
    """Takes runs as its orders say, until it is told to stop."""

    def __init__(
        self, app: Celery, hostname: str, consumer: str, slot: Slot, orders: Orders
    ) -> None:
        super().__init__(app, hostname, consumer, slot)
        self._orders = orders
        self._outage = Outage()

    def serve(self) -> None:
        """Until the end."""
        while True:
            self._orders.receive()
            self.events = self._orders.events
            leaves = self._orders.stop or self._is_worn()
            queues = () if leaves else self._orders.queues
            if queues or self.has_ended_one:
                taken = self._take_at_last(queues)
                if taken is not None:
                    self.run(taken)
                    continue
            if leaves:
                self.close()
                return
            if not self._orders.stop:
                self._wait(queues)

    def _is_worn(self) -> bool:
        return False

    def _take_at_last(self, queues: tuple[str, ...]) -> Taken | None:
        while True:
            try:
                taken = self.take(queues)
            except (BrokerUnreachable, ResponseError) as exc:
                wrong = isinstance(exc, ResponseError)  # somebody wrote to our keys
                self._outage.tell("no job can be fetched" if wrong else WAITING, exc)
                self._orders.receive(AGAIN_SECONDS)
                queues = () if self._orders.stop else self._orders.queues
                if self._orders.stop and not self.has_ended_one:
                    return None  # what it may have claimed its worker gives back
            else:
                self._outage.end()
                return taken

    def _wait(self, queues: tuple[str, ...]) -> None:
        if not queues:
            self._orders.receive(None)
            return
        seconds = WAIT_SECONDS if self.is_looked_through else IDLE_SECONDS
        try:
            if not self.taker.wait(queues, self._orders.reader, seconds):
                self.look_through()
        except (BrokerUnreachable, ResponseError) as exc:  # a master has become a replica
            self._outage.tell(WAITING, exc)
            self._orders.receive(AGAIN_SECONDS)
