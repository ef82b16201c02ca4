"""Celery's consumer, which waits for its broker without letting anything else wait."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

from celery import Task
from celery.exceptions import CPendingDeprecationWarning
from celery.worker.consumer import Consumer as CeleryConsumer
from celery.worker.request import Request as CeleryRequest

from frappe_celery.brokers import whole_messages
from frappe_celery.config import settings
from frappe_celery.worker.crew import crew_of

CELERYS = Task.Request
RECONNECT_SECONDS = 2.0
"""How often it tries to connect; the first failure of an outage is logged."""


class OutOfMemory(Exception):
    """A task of the team's own raised MemoryError; no MemoryError itself, see `TeamRequest`."""


class TeamRequest(CeleryRequest):
    """A team's own task. Celery raises a MemoryError of it in the worker's parent, where it leaves
    the message unacknowledged and its slot taken (celery#10462); here it is a failure."""

    def on_failure(self, exc_info: Any, *args: Any, **kwargs: Any) -> Any:
        """As Celery's, of any error."""
        raised = getattr(exc_info.exception, "exc", exc_info.exception)
        if isinstance(raised, MemoryError):
            exc_info.exception = OutOfMemory(f"MemoryError: {raised}")
        return super().on_failure(exc_info, *args, **kwargs)


class Consumer(CeleryConsumer):
    """Looks for a lost broker at short and equal intervals; Celery's grow to 30 s.

    An event that cannot be sent (Flower's heartbeats) is kept until it can; Celery tries again and
    again within the worker's loop, which hears nothing meanwhile, not even that it is to stop.
    """

    def ensure_connected(self, conn: Any) -> Any:
        """The connection, once the broker answers."""
        conn.ensure = partial(conn.ensure, max_retries=1)
        ensure = partial(conn.ensure_connection, interval_start=RECONNECT_SECONDS, interval_step=0)
        conn.ensure_connection = lambda tell, *args, **options: ensure(
            _once(tell), *args, **options
        )
        return super().ensure_connected(conn)

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Without Celery's words on a setting that is set, which say that jobs are redelivered."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CPendingDeprecationWarning)
            super().on_connection_error_after_connected(exc)

    def update_strategies(self) -> None:
        """Also of tasks that say nothing of their requests."""
        for task in self.app.tasks.values():
            if task.Request == CELERYS:
                task.Request = TeamRequest
        super().update_strategies()

    def create_task_handler(self, *args: Any, **options: Any) -> Any:
        """As Celery's, which would end the worker at what it cannot read: that is refused."""
        handle = super().create_task_handler(*args, **options)

        def handled(message: Any) -> Any:
            try:
                return handle(message)
            except self.connection_errors:
                raise
            except Exception as exc:
                queue = str(message.delivery_info.get("routing_key"))
                whole_messages.refuse({"headers": message.headers}, queue, exc)
                if not message.acknowledged:
                    message.ack()

        return handled

    def let_jobs_be_taken(self) -> None:
        """From those of the bench's queues that this worker consumes."""
        own = settings.current().queues
        consumed = self.app.amqp.queues.consume_from
        crew_of(self.controller).serve([name for name in consumed if name in own])

    def cancel_active_requests(self) -> None:
        """The worker is told to stop at once (SIGQUIT)."""
        super().cancel_active_requests()
        crew_of(self.controller).kill_running("its worker was told to stop at once")

    def add_task_queue(self, queue: Any, *args: Any, **options: Any) -> None:
        """What `celery control add_consumer` asks for."""
        super().add_task_queue(queue, *args, **options)
        self.let_jobs_be_taken()

    def cancel_task_queue(self, queue: Any) -> None:
        """What `celery control cancel_consumer` asks for."""
        super().cancel_task_queue(queue)
        self.let_jobs_be_taken()


def _once(tell: Callable[..., None] | None) -> Callable[..., None]:
    """Celery's line on a failed attempt, for the first of those that follow each other."""
    left = [tell] if tell is not None else []

    def first(*about: Any) -> None:
        if left:
            left.pop()(*about)

    return first
