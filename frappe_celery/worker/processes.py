"""A step of the worker that looks after the processes of its pool, more often than Celery does."""

from __future__ import annotations

import logging
from typing import Any

from celery.worker import state

from frappe_celery.jobs import JobStatus, get_store
from frappe_celery.worker.bootsteps import Repeated
from frappe_celery.worker.pool import Pool

logger = logging.getLogger(__name__)


class Processes(Repeated):
    """On the pool that has processes (prefork): sees deaths, and kills what somebody stopped.

    Celery looks for dead processes every 5 s; a death that it is told of it mostly cannot see yet.
    Whether a job was stopped (`Job.stop`) is asked of the store, where it has ended already, so
    that an order is neither lost on its way nor carried out on a job that ended by itself.
    """

    seconds = 0.5

    def tick(self, consumer: Any) -> None:
        if isinstance(consumer.pool, Pool):
            _look_after(consumer)
            return
        if not type(consumer.pool).__module__.endswith(".prefork"):
            return
        consumer.pool.maintain_pool()
        running = {request.message.headers["id"]: request for request in state.active_requests}
        statuses = get_store().statuses(list(running)) if running else []
        for run, status in zip(running, statuses):  # noqa: B905 (equal by construction)
            if status == JobStatus.STOPPED:
                logger.warning("%s[%s] was stopped: its process is killed", running[run].name, run)
                running[run].terminate(consumer.pool, signal="SIGKILL")


def _look_after(consumer: Any) -> None:
    consumer.pool.maintain_pool()
    consumer.pool.kill_overdue()
    consumer.pool.kill_stopped()
    events = consumer.event_dispatcher  # None without gossip and heartbeat
    if events is not None:
        consumer.pool.send_events(events.enabled and (not events.groups or "task" in events.groups))
    if consumer.controller.autoscaler is not None:
        consumer.controller.autoscaler.maybe_scale()
