"""The one Celery task, which runs what a worker has claimed; a message of it from a queue is
refused: what waits there are runs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from celery import Task
from celery.exceptions import Ignore

from frappe_celery.errors import NotRun, Refused
from frappe_celery.jobs import get_store
from frappe_celery.jobs.message import JobMessage
from frappe_celery.jobs.queue.publish import STRATEGY
from frappe_celery.watch.telemetry import TaskName
from frappe_celery.worker.broker_retry import retry_while_unreachable
from frappe_celery.worker.perform import perform, run_claimed

logger = logging.getLogger(__name__)

if TYPE_CHECKING:
    BaseTask = Task[Any, Any]
else:
    BaseTask = Task


TAKEN = "taken"
"""Property of a request whose run its process has claimed: an `InHand`."""


@dataclass
class InHand:
    """A run that this process has claimed."""

    message: JobMessage
    sealed: bytes
    succeeded: bool = False
    result: Any = None


class RunJob(BaseTask):
    """Runs a Frappe method, as the signed message says."""

    name = TaskName()
    ignore_result = True
    Strategy = STRATEGY

    def run(self, sealed: str = "") -> Any:
        """Run what was claimed (`job_runner`), else what `sealed` says, eagerly; the result is
        recorded in the store, whatever Celery does of it."""
        in_hand = (self.request.properties or {}).get(TAKEN)
        worker = str(self.request.hostname)
        try:
            if not isinstance(in_hand, InHand):
                return perform(sealed.encode(), worker)
            in_hand.result = run_claimed(in_hand.message, in_hand.sealed, worker)
            in_hand.succeeded = True
            return in_hand.result
        except NotRun as exc:
            logger.info("%s", exc)
            raise Ignore() from exc
        except Refused as exc:
            logger.error("refused %s: %s", self.request.id, exc)
            retry_while_unreachable(get_store().refuse, "", str(self.request.id), str(exc))
            raise Ignore() from exc


def job_strategy(task: BaseTask, app: Any, consumer: Any) -> Any:
    """What the worker's parent does with a message of such a task's name: refuse it."""

    def on_message(message: Any, body: Any, ack: Any, reject: Any, callbacks: Any) -> None:
        queue, run = message.delivery_info.get("routing_key", ""), str(message.headers.get("id"))
        reason = f"{task.name} runs as a job: nobody signed this one (see docs/security.md)"
        logger.error("refused a message from queue %s: %s", queue, reason)
        get_store().refuse(queue, run, reason, None)
        ack(logger, consumer.connection_errors)

    return on_message
